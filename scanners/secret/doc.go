// Package secret finds credentials in the full git history and in the working
// tree. The rules and the detector are gitleaks', called in-process one text
// at a time; everything that decides whether a scan was complete is ours: the
// git processes, the diff reader, the counting of commits.
//
// A source yields fragments of text, the engine turns a fragment into hits,
// and the collector merges hits into one finding per rule, secret and path. A
// secret leaves the engine only as a hash.
package secret
