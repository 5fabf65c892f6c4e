// Package feed keeps what the world knows about vulnerabilities beside the
// database of them: CISA's catalogue of those known to be exploited (KEV), and
// FIRST's predictions of which will be (EPSS). Update downloads a feed, and
// verifies it before it replaces the one that is there; Refresh does when that
// is due; Load looks names up in it; Export and Import carry one to where no
// network is.
//
// A feed is a file in the directory feeds below that of the database: a line of
// JSON that says what it is and where it is from, and then the content as its
// source has it, unzipped. It is replaced whole, so a reader has all of one or
// all of the other. A damaged or outdated feed is an error and never looks like
// one that does not list something.
package feed
