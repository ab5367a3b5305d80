package template

import (
	"embed"

	"daybook/domain/action"
	"daybook/domain/rule"
)

//go:embed stripe/*.json stripe/event_types.txt
var stripeFolder embed.FS

// stripe is the template of Stripe's webhooks. Its samples are of API version
// 2025-08-27.basil.
func stripe() Template {
	return Template{
		Key:             "stripe",
		Name:            "Stripe",
		Description:     "Act on customers, subscriptions, invoices and payments as they change.",
		Categories:      []string{"Billing", "Infrastructure"},
		WebsiteURL:      "https://stripe.com",
		WebhookDocsURL:  "https://docs.stripe.com/webhooks",
		SignatureScheme: "stripe",
		DefaultSettings: Settings{
			EventTypePath:       "body.type",
			TimestampPath:       "body.created",
			IdempotencyKeyPath:  "body.id",
			EnforceVerification: true,
		},
		DefaultMappings: []rule.Mapping{
			{
				Key:        "customer-created",
				EventType:  "customer.created",
				ActionType: action.UsersIdentify,
				ActionParameters: rule.Parameters{
					"id":           text("body.data.object.id"),
					"name":         text("body.data.object.name"),
					"email":        text("body.data.object.email"),
					"phone_number": text("body.data.object.phone"),
					"properties":   text("body.data.object.metadata"),
				},
			},
			stripeTrigger("invoice-created", "invoice.created"),
			stripeTrigger("invoice-paid", "invoice.paid"),
		},
		SampleTypes: []string{
			"customer.created",
			"customer.updated",
			"checkout.session.completed",
			"customer.subscription.created",
			"customer.subscription.updated",
			"invoice.created",
			"invoice.payment_failed",
			"invoice.paid",
			"payment_intent.succeeded",
			"charge.succeeded",
			"charge.refunded",
			"customer.subscription.deleted",

			"product.created",
			"price.created",
			"payment_method.attached",
			"setup_intent.succeeded",
			"checkout.session.async_payment_succeeded",
			"checkout.session.expired",
			"customer.subscription.trial_will_end",
			"customer.subscription.paused",
			"customer.subscription.resumed",
			"invoice.upcoming",
			"invoice.finalized",
			"invoice.updated",
			"invoice.payment_succeeded",
			"invoice.payment_action_required",
			"invoice.voided",
			"invoice.marked_uncollectible",
			"payment_intent.created",
			"payment_intent.processing",
			"payment_intent.payment_failed",
			"payment_intent.canceled",
			"charge.failed",
			"charge.dispute.created",
			"charge.dispute.closed",
			"refund.created",
			"payout.paid",
			"payout.failed",
			"customer.deleted",
			"account.updated", // of a connected account

			// thin events
			"v2.core.account[configuration.customer].updated",
			"v1.billing.meter.error_report_triggered",
			"v2.core.event_destination.ping",
		},
		RequestHeaders: map[string]string{
			"Content-Type": "application/json; charset=utf-8",
			"User-Agent":   "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
		},
		SigningHint: "Stripe shows it once the destination is there; it begins with whsec_.",
		guides:      stripeGuides(),
		files:       folder(stripeFolder, "stripe"),
		shared:      stripeShared(),
		ids:         stripeID,
	}
}

// stripeTrigger is a default mapping that triggers the workflow of the same key
// for the customer of an invoice.
func stripeTrigger(key, eventType string) rule.Mapping {
	return rule.Mapping{
		Key:        key,
		EventType:  eventType,
		ActionType: action.WorkflowsTrigger,
		ActionParameters: rule.Parameters{
			"key":        text(key),
			"recipients": text("body.data.object.customer"),
			"data":       text("body"),
		},
	}
}

// stripeShared are the values that samples of one story have in common.
func stripeShared() map[string]sharedValue {
	return map[string]sharedValue{
		"account":             {prefix: "acct"},
		"balance_transaction": {prefix: "txn"},
		"bank_account":        {prefix: "ba"},
		"connected_account":   {prefix: "acct"},
		"dispute":             {prefix: "du"},
		"event_destination":   {prefix: "ed_test"},
		"meter":               {prefix: "mtr_test"},
		"payout":              {prefix: "po"},
		"payout_reversal":     {prefix: "txn"},
		"payout_transaction":  {prefix: "txn"},
		"refund":              {prefix: "re"},
		"refund_transaction":  {prefix: "txn"},
		"setup_intent":        {prefix: "seti"},
		"charge":              {prefix: "ch"},
		"checkout_session":    {prefix: "cs_test"},
		"customer":            {prefix: "cus"},
		"invoice":             {prefix: "in"},
		"invoice_line":        {prefix: "il"},
		"payment_intent":      {prefix: "pi"},
		"payment_method":      {prefix: "pm"},
		"price":               {prefix: "price"},
		"product":             {prefix: "prod"},
		"subscription":        {prefix: "sub"},
		"subscription_item":   {prefix: "si"},

		"amount":              {text: "4900"}, // in the smallest unit of the currency
		"currency":            {text: "eur"},
		"email":               {text: "ines.duarte@example.com"},
		"invoice_prefix":      {text: "7B41D0C2"},
		"name":                {text: "Inês Duarte"},
		"network_transaction": {text: "104102978678771"},
		"phone":               {text: "+351910000123"},

		"account_created":        {moment: true},
		"canceled_at":            {moment: true},
		"dispute_created":        {moment: true},
		"paused_at":              {moment: true},
		"payment_method_created": {moment: true},
		"payout_created":         {moment: true},
		"product_created":        {moment: true},
		"refund_created":         {moment: true},
		"setup_intent_created":   {moment: true},
		"trial_end":              {moment: true},
		"trial_start":            {moment: true},
		"charge_created":         {moment: true},
		"customer_created":       {moment: true},
		"finalized_at":           {moment: true},
		"invoice_created":        {moment: true},
		"payment_intent_created": {moment: true},
		"period_end":             {moment: true},
		"period_start":           {moment: true},
		"previous_period_start":  {moment: true},
		"price_created":          {moment: true},
		"subscription_created":   {moment: true},
	}
}

// stripeID makes an id of the length that Stripe's have for the prefix.
func stripeID(prefix string, random func() uint64) string {
	lead, length := "1", 23
	switch prefix {
	case "cus", "prod", "si", "req":
		lead, length = "", 14
	case "acct":
		length = 15
	case "ch", "pi", "re", "txn":
		lead = "3"
	case "cs_test":
		lead, length = "a1", 56
	}
	return prefix + "_" + lead + letters(length, random)
}
