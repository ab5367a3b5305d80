// Package declaration reads and writes sources as files: what people keep
// beside their code, and have applied.
//
// A file is YAML, one source for each document, or one JSON object, as Knock's
// and Daybook's own `source get --json` print it. [Parse] is pure. Every
// mistake is found at once and says where it stands, and so can be what others
// find wrong with the source later ([Declaration.Locate]).
//
// YAML is read by few rules, so that a file means what it looks like:
//
//   - null, true, false and the numbers of JSON are what they are there, the
//     digits of a number as they are written. Other plain words are text; those
//     that some reader of YAML takes for something else (yes, on, 0x1f, 012,
//     1_000, .5, 12:30) are refused until they are put in quotes.
//   - The names of fields are text, whatever they look like, and stand once.
//   - Anchors and aliases can be used within a document; what they unfold to is
//     bounded. Tags and merge keys are refused.
//
// Secrets stand in a file as references only ([Reference]), and are left out of
// what [Write] makes.
package declaration
