package expression

// Example is one part of the language, shown by an expression and what it gives.
type Example struct {
	Name   string // of the function, or the operators
	Source string
	Value  string // as JSON
}

// Group is what belongs together in the language.
type Group struct {
	Name     string
	Examples []Example
}

// Functions returns all functions that there are, in groups.
func Functions() []Group {
	return []Group{
		{"lists, entry by entry", []Example{
			{"all", `all([1, 5, 9], # > 0)`, `true`},
			{"any", `any([1, 5, 9], # > 8)`, `true`},
			{"none", `none([1, 5, 9], # > 9)`, `true`},
			{"one", `one([1, 5, 9], # > 5)`, `true`},
			{"count", `count([1, 5, 9], # > 4)`, `2`},
			{"find", `find([1, 5, 9], # > 4)`, `5`},
			{"findIndex", `findIndex([1, 5, 9], # > 4)`, `1`},
			{"findLast", `findLast([1, 5, 9], # > 4)`, `9`},
			{"findLastIndex", `findLastIndex([1, 5, 9], # > 4)`, `2`},
			{"filter", `filter([1, 5, 9], # > 4)`, `[5,9]`},
			{"map", `map([{"id": "a"}, {"id": "b"}], .id)`, `["a","b"]`},
			{"sum", `sum([1, 5, 9])`, `15`},
			{"reduce", `reduce([1, 5, 9], #acc + #, 100)`, `115`},
			{"sortBy", `sortBy([{"n": 2}, {"n": 1}], .n)`, `[{"n":1},{"n":2}]`},
		}},
		{"lists and objects", []Example{
			{"len", `len(["a", "b"])`, `2`},
			{"first", `first(["a", "b"])`, `"a"`},
			{"last", `last(["a", "b"])`, `"b"`},
			{"get", `get({"a": 1}, "b")`, `null`},
			{"take", `take([1, 5, 9], 2)`, `[1,5]`},
			{"keys", `keys({"b": 1, "a": 2})`, `["a","b"]`},
			{"values", `values({"b": 1, "a": 2})`, `[2,1]`},
			{"reverse", `reverse([1, 5, 9])`, `[9,5,1]`},
			{"uniq", `uniq([1, 5, 1])`, `[1,5]`},
			{"concat", `concat([1], [5, 9])`, `[1,5,9]`},
			{"flatten", `flatten([1, [5, [9]]])`, `[1,5,9]`},
			{"sort", `sort([9, 1, 5])`, `[1,5,9]`},
		}},
		{"numbers", []Example{
			{"abs", `abs(-5)`, `5`},
			{"ceil", `ceil(1.2)`, `2`},
			{"floor", `floor(1.8)`, `1`},
			{"round", `round(1.5)`, `2`},
			{"int", `int("42")`, `42`},
			{"float", `float("1.5")`, `1.5`},
			{"min", `min(1, 5, 9)`, `1`},
			{"max", `max([1, 5, 9])`, `9`},
			{"mean", `mean([1, 5, 9])`, `5`},
		}},
		{"texts", []Example{
			{"string", `string(42)`, `"42"`},
			{"type", `type("a")`, `"string"`},
			{"trim", `trim("  a ")`, `"a"`},
			{"trimPrefix", `trimPrefix("cus_1", "cus_")`, `"1"`},
			{"trimSuffix", `trimSuffix("a.json", ".json")`, `"a"`},
			{"upper", `upper("eur")`, `"EUR"`},
			{"lower", `lower("EUR")`, `"eur"`},
			{"hasPrefix", `hasPrefix("cus_1", "cus_")`, `true`},
			{"hasSuffix", `hasSuffix("a.json", ".json")`, `true`},
			{"indexOf", `indexOf("a-b-c", "-")`, `1`},
			{"lastIndexOf", `lastIndexOf("a-b-c", "-")`, `3`},
			{"split", `split("a,b", ",")`, `["a","b"]`},
			{"replace", `replace("a-b", "-", "_")`, `"a_b"`},
			{"repeat", `repeat("ab", 2)`, `"abab"`},
			{"join", `join(["a", "b"], "/")`, `"a/b"`},
			{"toJSON", `toJSON({"a": 1})`, `"{\"a\":1}"`},
			{"fromJSON", `fromJSON("[1,5]")`, `[1,5]`},
			{"toBase64", `toBase64("hi")`, `"aGk="`},
			{"fromBase64", `fromBase64("aGk=")`, `"hi"`},
		}},
	}
}

// ExampleBody is the body over which the examples of operators are evaluated, in
// a webhook of type invoice.paid.
const ExampleBody = `{"amount":9900,"livemode":true,"tags":["vip","eu"],"email":"jo@example.com"}`

// Operators returns what an expression is put together with besides functions.
func Operators() []Example {
	return []Example{
		{"== !=", `event.type == "invoice.paid"`, `true`},
		{"< <= > >=", `body.amount > 5000`, `true`},
		{"and or not", `body.livemode and not (body.amount < 100)`, `true`},
		{"+ - * / % **", `body.amount / 100`, `99`},
		{"+ of texts", `"cus_" + "1"`, `"cus_1"`},
		{"a ? b : c", `body.amount > 5000 ? "big" : "small"`, `"big"`},
		{"??", `body.note ?? "none"`, `"none"`},
		{"?.", `body.plan?.name ?? "free"`, `"free"`},
		{"[ ]", `body.tags[0]`, `"vip"`},
		{"[ : ]", `"invoice.paid"[0:7]`, `"invoice"`},
		{"in", `"vip" in body.tags`, `true`},
		{"..", `1..3`, `[1,2,3]`},
		{"contains startsWith endsWith", `event.type startsWith "invoice."`, `true`},
		{"matches", `body.email matches "@example\\.com$"`, `true`},
		{"let", `let euros = body.amount / 100; euros * 2`, `198`},
		{"|", `body.tags | len()`, `2`},
		{"{ }", `{"amount": body.amount, "tags": body.tags}`, `{"amount":9900,"tags":["vip","eu"]}`},
	}
}

// names returns all functions that there are.
func names() map[string]bool {
	all := map[string]bool{}
	for _, group := range Functions() {
		for _, f := range group.Examples {
			all[f.Name] = true
		}
	}
	return all
}
