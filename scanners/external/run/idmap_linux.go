package run

import (
	"bufio"
	"fmt"
	"os"
	"syscall"
)

// mappings are those of a user namespace in which everyone keeps their
// numbers. Root keeps everyone's, so that it can still read everyone's files;
// others may only keep their own.
func mappings() (uids, gids []syscall.SysProcIDMap, setgroups bool) {
	if os.Geteuid() == 0 {
		uids, gids = ownMap("/proc/self/uid_map"), ownMap("/proc/self/gid_map")
		if uids != nil && gids != nil {
			return uids, gids, true
		}
	}
	uid, gid := os.Geteuid(), os.Getegid()
	return []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}},
		[]syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}, false
}

// ownMap lists the numbers that exist where this process is, each for itself.
func ownMap(path string) []syscall.SysProcIDMap {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var ids []syscall.SysProcIDMap
	for s := bufio.NewScanner(f); s.Scan(); {
		var inside, outside, count int
		if _, err := fmt.Sscan(s.Text(), &inside, &outside, &count); err != nil {
			return nil
		}
		ids = append(ids, syscall.SysProcIDMap{ContainerID: inside, HostID: inside, Size: count})
	}
	return ids
}
