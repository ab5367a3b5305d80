// Package e2e holds the tests of a whole Daybook in a real browser: what
// [daybook/app] puts together, started on a directory of its own, sent signed
// webhooks over HTTP, and looked at in Chromium. They are built with the tag
// e2e (`task e2e`) and skipped where no browser is found.
//
// All tests share one browser; each has a profile of its own in it, so that
// no session of one reaches another. A tab notes what the content security
// policy refused and what scripts complained of, and fails its test for it:
// whatever a test looks at, it also proves the page to be clean.
//
// [TestScreenshots] draws every page for people to look at (`task screenshot`).
package e2e
