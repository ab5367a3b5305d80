// Package fieldpath reads and follows the dot paths of mappings and settings:
//
//	body.data.object.customer      a member of the payload
//	data.object.customer           the same: body. may be left out
//	body                           the whole payload
//	body.lines[0].price            an entry of a list, counted from 0
//	body.lines[*].price            that of every entry, as a list
//	headers.svix-id                a header; its name in any case
//	event.type                     what Daybook knows of the webhook
//	preprocess.customer            the output of the source's preprocess expression
//
// Names are case-sensitive but for headers, and may hold anything except dots,
// brackets and control characters; an expression reaches the rest. What a path
// leads to is found by [Path.Resolve]; why it leads nowhere is told by
// [Path.Explain], in words for the person who wrote it.
package fieldpath
