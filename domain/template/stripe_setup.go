package template

// stripeGuides are the two ways to Stripe's webhooks. What stands in quotes is
// what Stripe's own pages say.
func stripeGuides() []Guide {
	return []Guide{
		{
			Title: "In the Stripe dashboard",
			Steps: []Step{
				{Text: "Open the Workbench: “Developers”, at the bottom left of the Stripe dashboard."},
				{Text: "Choose the “Webhooks” tab, then “Add destination”."},
				{Text: "Leave “Your account” as the source of events, or choose “Connected accounts” for those of Connect; select the events you want here (customer.created, invoice.created and invoice.paid are mapped from the start), and “Continue”."},
				{Text: "Choose “Webhook endpoint” as the type of destination, and “Continue”."},
				{Text: "Give it a name, such as Daybook, paste {ingest_url} into “Endpoint URL”, and “Create destination”."},
				{Text: "Copy the “Signing secret” of the new destination (it begins with whsec_) and add it to this source."},
				{Text: "Try it: in the Shell of the Workbench, run the command below.", Command: "stripe trigger customer.created"},
			},
		},
		{
			Title: "On this machine, with the Stripe CLI",
			Steps: []Step{
				{Text: "Log the Stripe CLI in to your account, once.", Command: "stripe login"},
				{Text: "The CLI signs with a secret of its own. Print it and add it to this source; the dashboard's may stay beside it.", Command: "stripe listen --print-secret"},
				{Text: "Let the CLI pass on the events of your sandbox, and leave it running.", Command: "stripe listen --forward-to {ingest_url}"},
				{Text: "In another terminal, make something happen.", Command: "stripe trigger invoice.paid"},
			},
		},
	}
}
