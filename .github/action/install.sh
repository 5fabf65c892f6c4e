#!/bin/sh
# Makes a scangate ready that is known to be the right one, and writes its path
# to the step's output `path`. The programs it needs are in any container that
# can run a job: sh, mkdir, mv, rm, chmod, od, sha256sum or shasum, and, for a
# download, curl or wget (busybox has all but curl). openssl is used if it is there.
#
# In turn: BINARY_PATH, as it is; what .github/checksums.txt of this very commit
# has for this platform, from the tool cache or else downloaded; a build of this
# commit's source with Go. All of it is read from the environment:
#
#   BINARY_PATH        a scangate to run, a file or a name in PATH
#   BINARY_SHA256      what it must have, in lower-case hexadecimals
#   DOWNLOAD_URL       the directory to download from; default: the release, on
#                      the job's own server, or else on the public one
#   ACTION_REPOSITORY  whose release; default: GITHUB_ACTION_REPOSITORY
#   RUNNER_*, GITHUB_* as runners set them; each may be missing
set -eu
umask 022

max_mib=256      # of a download
max_time=300     # seconds for one try
stall=30         # seconds without any progress
tries=3
delay=2          # seconds before the second try; twice that before the third
own=scangate/scangate
public=https://github.com
here=${0%/*}
newline='
'

say() { printf 'scangate: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

sha256() { # sha256 FILE prints its digest
	sum=''
	# Where it is there, openssl takes a third of the time that every run waits.
	if have openssl; then sum=$(openssl dgst -sha256 -r <"$1" 2>/dev/null) || sum=''; fi
	is_sha256 "${sum%% *}" || if have sha256sum; then sum=$(sha256sum <"$1"); else sum=$(shasum -a 256 <"$1"); fi
	printf '%s' "${sum%% *}"
}

random() { # no program of another can guess it, nor a leftover have it
	if [ -r /proc/sys/kernel/random/uuid ]; then
		read -r number </proc/sys/kernel/random/uuid
	else
		# shellcheck disable=SC2046 # the words of od are joined
		number=$(printf '%s' $(od -An -N16 -tx1 /dev/urandom))
	fi
	[ "${#number}" -ge 32 ] || die "this machine has no source of random numbers"
}

is_sha256() {
	[ "${#1}" -eq 64 ] || return 1
	case $1 in *[!0-9a-f]*) return 1 ;; esac
}

finish() { # finish PATH: the last thing, whichever way it was had
	case $1 in *"$newline"*) die "the path of the binary has a line break: choose another directory" ;; esac
	if [ -n "${GITHUB_OUTPUT:-}" ]; then
		random
		printf 'path<<end-%s\n%s\nend-%s\n' "$number" "$1" "$number" >>"$GITHUB_OUTPUT"
	else
		printf '%s\n' "$1"
	fi
	exit 0
}

# The platform, in the words of Go. The runner knows it; elsewhere uname does.
os=${RUNNER_OS:-$(uname -s)} arch=${RUNNER_ARCH:-$(uname -m)} exe=
case $os in
Linux) os=linux ;;
macOS | Darwin) os=darwin ;;
Windows | MINGW* | MSYS* | CYGWIN*) os=windows exe=.exe ;;
esac
case $arch in
X64 | x86_64 | amd64) arch=amd64 tool_arch=x64 ;;
ARM64 | aarch64 | arm64) arch=arm64 tool_arch=arm64 ;;
*) tool_arch=$arch ;;
esac

given() {
	path=$BINARY_PATH
	case $path in
	*/* | *\\*) ;;
	*) [ -f "$path" ] || path=$(command -v "$path") || die "binary-path: there is no file and no program $BINARY_PATH" ;;
	esac
	[ -f "$path" ] || die "binary-path: there is no file $path"
	[ -x "$path" ] || die "binary-path: $path is not executable: run chmod +x on it"
	if [ -n "${BINARY_SHA256:-}" ]; then
		want=${BINARY_SHA256#sha256:}
		is_sha256 "$want" || die "binary-sha256: it takes 64 lower-case hexadecimal digits"
		got=$(sha256 "$path")
		[ "$got" = "$want" ] || die "binary-path: $path has SHA-256 $got, and binary-sha256 wants $want: it is not run"
	fi
	case $path in /* | ?:[\\/]*) ;; *) path=$PWD/$path ;; esac
	finish "$path"
}

# look_up sets hash, asset and version, if the table has this platform.
look_up() {
	hash='' asset='' table=$here/../checksums.txt
	[ -f "$table" ] || die "the action is incomplete: .github/checksums.txt is missing"
	while read -r sum name rest || [ -n "$sum" ]; do
		case $sum in '' | '#'*) continue ;; esac
		name=${name#\*}
		case $name in scangate_*_"${os}_$arch$exe") ;; *) continue ;; esac
		[ -z "$asset" ] || die ".github/checksums.txt has two entries for $os/$arch"
		is_sha256 "$sum" && [ -z "$rest" ] || die ".github/checksums.txt: the entry for $os/$arch is malformed"
		hash=$sum asset=$name
	done <"$table"
	version=${asset#scangate_}
	version=${version%"_${os}_$arch$exe"}
	case $version in *[!0-9A-Za-z.-]* | .* | *..*) die ".github/checksums.txt: $asset has no version" ;; esac
}

private() { # private PREFIX sets temp to a new directory that only we may enter
	random
	temp=$1-$number
	mkdir -m 700 "$temp" || die "cannot make the directory $temp"
}

build() {
	what="this commit of the action has no released binary for $os/$arch"
	have go || die "$what, and there is no Go to build it with: use a released version of the action, add actions/setup-go before it, or give binary-path"
	say "$what: building it from source"
	temp=${RUNNER_TEMP:-${TMPDIR:-/tmp}}
	private "${temp%/}/scangate"
	# What a job sets to compile its own code would make a program that cannot run here.
	(
		unset GOOS GOARCH GOFLAGS GOAMD64 GOARM64 GOEXPERIMENT
		cd "$here/../.." && CGO_ENABLED=0 GOWORK=off go build -trimpath -buildvcs=false -o "$temp/scangate$exe" ./cmd/scangate
	) >&2 || die "scangate does not build: see above"
	finish "$temp/scangate$exe"
}

# verified FILE reports whether it is the one of the table. The digest it has
# is in got.
verified() { got=$(sha256 "$1") && [ "$got" = "$hash" ]; }

# cached DIR ends the script if the binary is there, whole and untouched.
cached() {
	[ -f "$1.complete" ] && [ -f "$1/scangate$exe" ] || return 0
	if ! verified "$1/scangate$exe"; then
		say "$1/scangate$exe has SHA-256 $got, not $hash: it is removed, and downloaded again"
	elif [ -x "$1/scangate$exe" ]; then
		say "$asset: from the tool cache, verified"
		finish "$1/scangate$exe"
	fi
	rm -rf "$1" "$1.complete" || say "it cannot be removed"
}

# locate DIRECTORY sets url, where the asset is, and shown, that without
# credentials.
locate() {
	case $1 in
	*[!A-Za-z0-9._~:/@%+,=-]*) die "download-url: it is the address of a directory, without spaces, quotes, ? and #" ;;
	http://?* | https://?*) ;;
	*) die "download-url: it must begin with https:// or http://" ;;
	esac
	url=${1%/}/$asset
	case $url in *@*) shown=${url%%://*}://${url##*@} ;; *) shown=$url ;; esac
}

# fetch FILE tries once. 0: it is there; 1: another try may help; 2: none will.
# The limit of the size holds whatever the server says of it.
fetch() {
	if have curl; then
		case $url in https:*) proto='=https' ;; *) proto='=http,https' ;; esac
		code=$(
			ulimit -f $((max_mib * 2048)) 2>/dev/null || :
			curl -sS -f -L --proto "$proto" --proto-redir "$proto" --max-redirs 5 --connect-timeout 15 \
				--max-time "$max_time" --speed-limit 1024 --speed-time "$stall" \
				--max-filesize $((max_mib * 1048576)) -o "$1" -w '%{http_code}' "$url"
		) && return 0
		case $code in 408 | 429) return 1 ;; 4??) return 2 ;; *) return 1 ;; esac
	fi
	set -- -q -O "$1" "$url"
	# Only GNU's wget has these, and tries twenty times without. Busybox has a
	# limit of its own for a server that says nothing.
	case $(wget --version 2>/dev/null || :) in *'GNU Wget'*) set -- -T "$stall" --tries=1 --max-redirect=5 "$@" ;; esac
	set -- wget "$@"
	have timeout && set -- timeout "$max_time" "$@"
	(
		ulimit -f $((max_mib * 2048)) 2>/dev/null || :
		"$@"
	) || return 1
}

download() { # download FILE reports whether it is there
	have curl || have wget || die "neither curl nor wget is there to download $asset: install one, or give binary-path"
	say "downloading $shown"
	try=1
	while :; do
		status=0
		fetch "$1" || status=$?
		[ "$status" -ne 0 ] || return 0
		rm -f "$1"
		if [ "$status" -eq 2 ] || [ "$try" -ge "$tries" ]; then
			say "cannot download $shown: see above"
			return 1
		fi
		sleep $((delay * try)) || :
		try=$((try + 1))
	done
}

have sha256sum || have shasum || die "neither sha256sum nor shasum is there to verify with: install coreutils"
[ -z "${BINARY_PATH:-}" ] || given
[ -z "${BINARY_SHA256:-}" ] || die "binary-sha256 is for binary-path, which is not given"
look_up
[ -n "$asset" ] || build

place=''
for root in "${RUNNER_TOOL_CACHE:-}" "${RUNNER_TEMP:-}"; do
	[ -n "$root" ] || continue
	root=${root%/}/scangate/$version
	cached "$root/$tool_arch"
	if [ -z "$place" ] && mkdir -p "$root/$tool_arch" 2>/dev/null && [ -w "$root" ] && [ -w "$root/$tool_arch" ]; then
		place=$root
	fi
done
if [ -z "$place" ]; then # a directory of its own: the others write to this one, too
	place=${TMPDIR:-/tmp}
	private "${place%/}/scangate"
	place=$temp
	mkdir "$place/$tool_arch"
fi

repository=${ACTION_REPOSITORY:-${GITHUB_ACTION_REPOSITORY:-$own}}
server=${GITHUB_SERVER_URL:-$public}
release=releases/download/v$version
locate "${DOWNLOAD_URL:-$server/$repository/$release}"
private "$place/.download"
trap 'rm -rf "$temp"' EXIT
trap 'exit 1' HUP INT TERM
if ! download "$temp/scangate$exe"; then
	remedy="download-url names another place to download from, and binary-path a binary that is there"
	# A server of one's own may have the action from the public one, and no
	# releases. A copy under another name is nobody else's business.
	[ -z "${DOWNLOAD_URL:-}" ] && [ "$server" != "$public" ] && [ "$repository" = "$own" ] || die "$remedy"
	locate "$public/$repository/$release"
	download "$temp/scangate$exe" || die "$remedy"
fi
verified "$temp/scangate$exe" ||
	die "$shown has SHA-256 $got, and .github/checksums.txt wants $hash: it was deleted, not run"
chmod 755 "$temp/scangate$exe"
final=$place/$tool_arch/scangate$exe
# Another job of this machine may have been faster, and be running it.
mv -f "$temp/scangate$exe" "$final" || verified "$final" || die "cannot write $final"
: >"$place/$tool_arch.complete"
rm -rf "$temp"
finish "$final"
