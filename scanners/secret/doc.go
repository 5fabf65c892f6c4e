// Package secret finds credentials in the full git history and in the working
// tree. The rules and the detector are gitleaks', called in-process one text
// at a time; everything that decides whether a scan was complete is ours: the
// git processes, the diff reader, the counting of commits.
//
// Most texts hold nothing, and gitleaks takes long to say so. A prefilter looks
// for the places where a rule may match, through anchors that its matches
// must have, and hands gitleaks only the parts of a text around them, with the
// rules in question: what gitleaks finds there is what it finds in the whole.
//
// A source yields fragments of text, the engine turns a fragment into hits,
// and the collector merges hits into one finding per rule and secret, with its
// places. A secret leaves the engine only as a hash.
package secret
