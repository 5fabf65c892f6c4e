package run

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Where struct seccomp_data has what is looked at; the argument's lower half,
// as the processors below are little-endian.
const (
	callNumber = 0
	callArch   = 4
	firstArg   = 16
)

// x32Calls is the first number of x86-64's second set of system calls.
const x32Calls = 0x40000000

// filterSockets lets the calling thread, and what it starts, make sockets of
// this machine only: Unix sockets, and netlink sockets, with which programs
// list network interfaces.
func filterSockets() error {
	var arch uint32
	switch runtime.GOARCH {
	case "amd64":
		arch = unix.AUDIT_ARCH_X86_64
	case "arm64":
		arch = unix.AUDIT_ARCH_AARCH64
	default:
		return unix.ENOSYS
	}
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		above  = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		answer = unix.BPF_RET | unix.BPF_K
	)
	// The jumps are counts of instructions to pass over, if so and if not.
	filter := []unix.SockFilter{
		0:  {Code: load, K: callArch},
		1:  {Code: equal, K: arch, Jf: 9}, // → 11
		2:  {Code: load, K: callNumber},
		3:  {Code: above, K: x32Calls, Jt: 7},                // → 11
		4:  {Code: equal, K: unix.SYS_IO_URING_SETUP, Jt: 6}, // → 11: it can make sockets past this filter
		5:  {Code: equal, K: unix.SYS_SOCKET, Jf: 3},         // → 9
		6:  {Code: load, K: firstArg},
		7:  {Code: equal, K: unix.AF_UNIX, Jt: 1},    // → 9
		8:  {Code: equal, K: unix.AF_NETLINK, Jf: 1}, // → 10
		9:  {Code: answer, K: unix.SECCOMP_RET_ALLOW},
		10: {Code: answer, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EACCES)},
		11: {Code: answer, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return errno
	}
	return nil
}
