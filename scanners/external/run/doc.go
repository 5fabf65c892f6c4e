// Package run runs programs of others: it finds them, gives them a place of
// their own, and bounds what they may do, how long, and how much they may say.
// It knows no tool and no format: what an exit status, an output and a
// complaint mean together is for the caller to say.
//
// # Everywhere
//
// A tool is started with an argument vector, never through a shell, and on
// Windows never as a batch file, which would be one. Its environment is made
// from nothing: a PATH of absolute directories, a HOME and a directory for
// temporary files inside its [Box], a fixed language and time zone, and only
// when it may use the network the settings of proxies and certificates. What
// else it needs, the caller names. Standard input is empty unless given. Its
// output is kept up to a limit, beyond which the tool is ended. It is ended
// at its deadline and when the context ends: asked first, on Unix, and killed
// 150 milliseconds later. Files that it leaves in its box are read only if
// they are regular and within a limit, and the box is removed at the end.
//
// # Unix
//
// The tool is the leader of a session without a terminal, inherits no file
// descriptor but the standard three, and its process group is killed when it
// ends. Its children are killed with it unless they left the session.
//
// # Linux
//
// What follows is asked of the kernel at every start, and what the kernel
// refuses is a note of the [Result], never a failure.
//
//   - It may write below its box and the directories of [Command.Writable], to
//     /dev/null and its like, and to /dev/shm; nowhere else, and that includes
//     the scanned tree (Landlock, Linux 5.19; from 6.2 on it cannot empty
//     other files either). It cannot read the environment or the memory of
//     scangate's processes, and from 6.12 on not signal them. Where it runs in
//     a user namespace it may also write to files of /proc that its user may.
//   - Without Command.Network it has neither IPv4, IPv6 nor any other network
//     but Unix sockets: it is in a network namespace without interfaces where
//     that is permitted, and a filter refuses to make such sockets (amd64 and
//     arm64; 32-bit programs do not run there).
//   - Everything that it started ends with it (a PID namespace, in which it is
//     process 1 and cannot end itself by a signal). Where that is
//     not permitted, children that left its session are found by a variable
//     of the environment that they inherit; one that has removed it, left the
//     session and lost its parent is not found.
//   - Limits of file size, memory and open files hold for each of its
//     processes, from its first instruction on where it may be traced, else
//     from shortly after.
//   - It gains no rights by running setuid programs such as sudo, and as root
//     it keeps only the capabilities to read and to own files, or in a user
//     namespace those over that namespace. It is killed should scangate die.
//
// # Not prevented
//
// It may read every file that the user may read; without a network it can
// send what it read nowhere, except to programs that listen on a Unix socket
// the user may use, such as that of a Docker daemon. It may change the mode,
// owner and times of files. It may write many files: there is a limit for
// each, not for all. It may start many processes. It may keep every processor
// busy until its deadline. Except on Linux, it may use the network, write
// wherever the user may, and read what the user may of scangate's processes.
package run
