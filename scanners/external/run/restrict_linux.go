package run

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// restrict takes from the calling thread, and so from what it starts, what a
// tool is not to have. It returns what could not be taken.
func restrict(l *launch, r rung) (notes []string) {
	drop()
	// Without it neither of the following is permitted to ordinary users.
	bound := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == nil
	abi := 0
	if bound && !l.without.landlock {
		abi = confine(l, r)
	}
	switch {
	case abi < 2:
		notes = append(notes, noteWrite)
	case abi < 3:
		notes = append(notes, noteTruncate)
	}
	if !l.network {
		filtered := bound && !l.without.seccomp && filterSockets() == nil
		if !filtered && !r.namespaces {
			notes = append(notes, noteNetwork)
		}
	}
	return notes
}

// keptCapabilities are those that let root's tools read and own files of
// others and end their own children. All else that root may is not for tools.
func keptCapabilities(c uintptr) bool {
	switch c {
	case unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH, unix.CAP_FOWNER, unix.CAP_FSETID,
		unix.CAP_KILL, unix.CAP_SETGID, unix.CAP_SETUID:
		return true
	}
	return false
}

// drop gives up privileges at the next exec. Who has none need not, and gets
// an error that says nothing.
func drop() {
	unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	const more = 23 // capabilities that kernels to come may add
	for c := uintptr(0); c <= unix.CAP_LAST_CAP+more; c++ {
		if !keptCapabilities(c) {
			unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		}
	}
}

// What Landlock is asked to forbid, except where a rule permits it.
const (
	writeFile   = unix.LANDLOCK_ACCESS_FS_WRITE_FILE
	changeFiles = writeFile | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_SYM | unix.LANDLOCK_ACCESS_FS_REFER
	devices = unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK // permitted nowhere
)

// confine forbids to change files except where the tool may. It returns the
// version of Landlock that does it, 0 when none does. Version 1 is not used:
// with it nothing can be moved to another directory, not even inside the box.
func confine(l *launch, r rung) int {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 || version < 2 {
		return 0
	}
	write, change := uint64(writeFile), uint64(changeFiles)
	if version >= 3 {
		write, change = write|unix.LANDLOCK_ACCESS_FS_TRUNCATE, change|unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	attr := unix.LandlockRulesetAttr{Access_fs: change | devices}
	if version >= 6 {
		attr.Scoped = unix.LANDLOCK_SCOPE_SIGNAL
	}
	ruleset, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return 0
	}
	defer unix.Close(int(ruleset))
	if !permit(ruleset, l.box, change) {
		return 0
	}
	for _, dir := range l.writable {
		if !permit(ruleset, dir, change) {
			return 0
		}
	}
	// What programs cannot do without; where one is missing, so is the need.
	for _, file := range []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"} {
		permit(ruleset, file, write)
	}
	permit(ruleset, "/dev/shm", change)
	if r.user {
		permit(ruleset, "/proc", writeFile) // for this thread to write the mappings of users
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0, 0); errno != 0 {
		return 0
	}
	return int(version)
}

// permit adds a rule for a file, or for a directory and what is below it.
func permit(ruleset uintptr, path string, access uint64) bool {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, ruleset, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	return errno == 0
}
