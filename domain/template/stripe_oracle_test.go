package template_test

import (
	"maps"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	stripego "github.com/stripe/stripe-go/v82"
	"github.com/stripe/stripe-go/v82/webhook"

	"daybook/domain/es"
	"daybook/domain/signature"
)

// stripe-go is the judge of the shape: it takes each signed sample as an event
// of its own API version, and the object in it has no field that its types do
// not have, at any depth, and most of those that they have.
func TestSamplesHaveTheShapeOfStripeGo(t *testing.T) {
	t.Parallel()
	const secretText = "whsec_0123456789abcdef"
	secret, err := signature.NewSecret(secretText)
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]reflect.Type{
		"customer":         reflect.TypeFor[stripego.Customer](),
		"subscription":     reflect.TypeFor[stripego.Subscription](),
		"invoice":          reflect.TypeFor[stripego.Invoice](),
		"charge":           reflect.TypeFor[stripego.Charge](),
		"payment_intent":   reflect.TypeFor[stripego.PaymentIntent](),
		"checkout.session": reflect.TypeFor[stripego.CheckoutSession](),
		"account":          reflect.TypeFor[stripego.Account](),
		"dispute":          reflect.TypeFor[stripego.Dispute](),
		"payment_method":   reflect.TypeFor[stripego.PaymentMethod](),
		"payout":           reflect.TypeFor[stripego.Payout](),
		"price":            reflect.TypeFor[stripego.Price](),
		"product":          reflect.TypeFor[stripego.Product](),
		"refund":           reflect.TypeFor[stripego.Refund](),
		"setup_intent":     reflect.TypeFor[stripego.SetupIntent](),
	}

	for _, eventType := range snapshotTypes(t) {
		t.Run(eventType, func(t *testing.T) {
			t.Parallel()
			body := sample(t, stripe(t), eventType, seed(t, stripe(t), nil))
			at := time.Now()
			header := signature.Stripe{}.Sign(secret, nil, body, es.TimeOf(at))["Stripe-Signature"][0]

			event, err := webhook.ConstructEventWithTolerance(body, header, secretText, time.Hour)
			if err != nil {
				t.Fatalf("stripe-go refuses it: %v", err)
			}
			if string(event.Type) != eventType || event.GetObjectValue("id") == "" {
				t.Errorf("stripe-go reads %s of %q", event.Type, event.GetObjectValue("id"))
			}
			object := objects[event.GetObjectValue("object")]
			if object == nil {
				t.Fatalf("an object %q", event.GetObjectValue("object"))
			}
			checkShape(t, "", object, event.Data.Object)

			known := jsonFields(object)
			missing := 0
			for name := range known {
				if _, ok := event.Data.Object[name]; !ok {
					missing++
				}
			}
			if object == reflect.TypeFor[stripego.PaymentMethod]() {
				return // it has a field for each kind of payment method, and one of them is there
			}
			if 4*missing > len(known) {
				t.Errorf("%d of the %d fields of %s are missing", missing, len(known), object)
			}
		})
	}
}

// TestThinSamplesHaveTheShapeOfStripeGo: stripe-go reads each signed thin sample,
// and knows all of its fields.
func TestThinSamplesHaveTheShapeOfStripeGo(t *testing.T) {
	t.Parallel()
	const secretText = "whsec_0123456789abcdef"
	secret, err := signature.NewSecret(secretText)
	if err != nil {
		t.Fatal(err)
	}
	client := stripego.NewClient("sk_test_not_used")
	for _, eventType := range thinTypes(t) {
		body := sample(t, stripe(t), eventType, seed(t, stripe(t), nil))
		header := signature.Stripe{}.Sign(secret, nil, body, es.TimeOf(time.Now()))["Stripe-Signature"][0]
		event, err := client.ParseThinEvent(body, header, secretText)
		if err != nil {
			t.Errorf("stripe-go refuses %s: %v", eventType, err)
			continue
		}
		if event.Type != eventType || event.RelatedObject == nil || event.RelatedObject.ID == "" || !event.Created.Equal(now.Time()) {
			t.Errorf("stripe-go reads %+v", event)
		}
		checkShape(t, "", reflect.TypeFor[stripego.ThinEvent](), map[string]any(decode(t, body)))
	}
}

// unknownToStripeGo are fields that Stripe sends and stripe-go leaves out.
func unknownToStripeGo(path string) bool {
	switch path {
	case ".plan", ".quantity", // of a subscription with one item
		".items.object", ".lines.object", ".external_accounts.object": // "list"
		return true
	}
	return false
}

// checkShape compares a value with the Go type that stripe-go has for it.
// Where the value is an id, the type is the object that the id stands for.
func checkShape(t *testing.T, path string, of reflect.Type, v any) {
	t.Helper()
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch v := v.(type) {
	case map[string]any:
		if of.Kind() != reflect.Struct {
			if of.Kind() != reflect.Map {
				t.Errorf("%s is an object, and %s for stripe-go", path, of)
			}
			return
		}
		fields := jsonFields(of)
		for name, value := range v {
			where := path + "." + name
			field, ok := fields[name]
			if !ok {
				if !unknownToStripeGo(where) {
					t.Errorf("%s is unknown to stripe-go's %s", where, of)
				}
				continue
			}
			checkShape(t, where, field, value)
		}
	case []any:
		if of.Kind() != reflect.Slice {
			t.Errorf("%s is a list, and %s for stripe-go", path, of)
			return
		}
		for _, value := range v {
			checkShape(t, path, of.Elem(), value)
		}
	case string:
		if of == reflect.TypeFor[time.Time]() {
			return
		}
		_, expandable := jsonFields(of)["id"]
		if of.Kind() != reflect.String && !expandable && !isDecimal(of, v) {
			t.Errorf("%s is a string, and %s for stripe-go", path, of)
		}
	case float64:
		if zero := reflect.Zero(of); !zero.CanInt() && !zero.CanUint() && !zero.CanFloat() {
			t.Errorf("%s is a number, and %s for stripe-go", path, of)
		}
	case bool:
		if of.Kind() != reflect.Bool {
			t.Errorf("%s is a boolean, and %s for stripe-go", path, of)
		}
	}
}

// isDecimal reports whether a string is a decimal that stripe-go reads as a
// float64, as in unit_amount_decimal.
func isDecimal(of reflect.Type, text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return of.Kind() == reflect.Float64 && err == nil
}

// jsonFields returns the type of each JSON member of a struct.
func jsonFields(of reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	if of.Kind() != reflect.Struct {
		return fields
	}
	for field := range of.Fields() {
		if field.Anonymous {
			maps.Copy(fields, jsonFields(field.Type))
			continue
		}
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = field.Type
		}
	}
	return fields
}
