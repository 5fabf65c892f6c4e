#!/bin/bash
# Makes rpm/systems: the package databases of distributions with rpm, as their
# base images have them, with versions that testdata/advisories/os says are
# vulnerable. The packages are empty; rpm itself builds and installs them.
# Needs what make.sh needs, and runs alone as well.
set -euo pipefail
export LC_ALL=C SOURCE_DATE_EPOCH=1700000000
out=$(cd "$(dirname "$0")" && pwd)/rpm/systems
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ndb_rpm=${NDB_RPM:?is not the prefix of an rpm with ndb}/bin/rpm
mkdir -p "$out"

# build VENDOR ARCH DIR: a package for each name in lines of "source epoch
# version release names…".
build() {
	local source epoch version release names n spec
	while read -r source epoch version release names; do
		spec=$work/$source.spec
		printf 'Name: %s\nEpoch: %s\nVersion: %s\nRelease: %s\nSummary: a fixture\nLicense: MIT\nVendor: %s\nAutoReqProv: no\n%%description\na fixture\n' \
			"$source" "$epoch" "$version" "$release" "$1" >"$spec"
		[ "$epoch" != 0 ] || sed -i '/^Epoch/d' "$spec" # an epoch of 0 is none
		for n in $names; do
			case $n in
			"$source") printf '%%files\n' ;;
			python3-*) # a package of a language, which is the system's
				printf '%%package -n %s\nSummary: a fixture\nAutoReqProv: no\n%%description -n %s\na fixture\n' "$n" "$n"
				printf '%%install\nmkdir -p %%{buildroot}/usr/lib/python3.9/site-packages/%s-%s.dist-info\n' "${n#python3-}" "$version"
				printf 'printf "Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n" >%%{buildroot}/usr/lib/python3.9/site-packages/%s-%s.dist-info/METADATA\n' \
					"${n#python3-}" "$version" "${n#python3-}" "$version"
				printf '%%files -n %s\n/usr/lib/python3.9/site-packages/*\n' "$n"
				;;
			*) printf '%%package -n %s\nSummary: a fixture\nAutoReqProv: no\n%%description -n %s\na fixture\n%%files -n %s\n' "$n" "$n" "$n" ;;
			esac
		done >>"$spec"
		rpmbuild -bb --quiet --target "$2-linux" --define "_topdir $3" --define '_buildhost fixture' --define 'use_source_date_epoch_as_buildtime 1' \
			--define 'source_date_epoch_from_changelog 0' "$spec" >/dev/null
	done
}

# database NAME FORMAT VENDOR ARCH: what rpm writes when it installs them.
database() {
	local top=$work/$1 root=$work/$1/root rpm=rpm db=$2 from file
	mkdir -p "$root/var/lib/rpm"
	build "$3" "$4" "$top"
	[ "$db" = bdb ] && db=sqlite
	[ "$db" = ndb ] && rpm=$ndb_rpm
	run() { "$rpm" --root "$root" --dbpath /var/lib/rpm --define "_db_backend $db" "$@"; }
	run --initdb
	run -i --nodeps --noscripts --nosignature --ignorearch $([ "$db" = ndb ] || echo --force-debian) "$top"/RPMS/*/*.rpm
	from=$root/var/lib/rpm
	case $2 in
	sqlite) file=rpmdb.sqlite ;;
	ndb) file=Packages.db ;;
	bdb) # as make.sh does it: rpm no longer writes this format
		file=Packages
		{
			printf 'VERSION=3\nformat=bytevalue\ntype=hash\ndb_lorder=1234\ndb_pagesize=4096\nHEADER=END\n 00000000\n 19000000\n'
			sqlite3 -separator ' ' "$from/rpmdb.sqlite" 'SELECT hnum, hex(blob) FROM Packages ORDER BY hnum' |
				while read -r n hex; do printf ' %02x%02x0000\n %s\n' $((n & 255)) $((n >> 8)) "${hex,,}"; done
			echo DATA=END
		} | db5.3_load "$from/Packages"
		;;
	esac
	gzip -9n <"$from/$file" >"$out/$1.gz"
	run -qa --qf '%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\n' | sort >"$out/$1.tsv"
}

el9='glibc 0 2.34 60.el9 glibc glibc-common
openssl 1 3.0.1 41.el9_0 openssl openssl-libs
curl 0 7.76.1 23.el9_2.1 curl libcurl-minimal
zlib 0 1.2.11 31.el9 zlib
xz 0 5.2.5 7.el9 xz xz-libs
python-idna 0 3.7 1.el9 python3-idna
bash 0 5.1.8 6.el9 bash'
database rocky-9 sqlite 'Rocky Enterprise Software Foundation' x86_64 <<<"$el9"
database alma-9 sqlite 'AlmaLinux' x86_64 <<<"$el9"
database redhat-9 sqlite 'Red Hat, Inc.' x86_64 <<EOF
$el9
gnupg2 0 2.3.3 4.el9 gnupg2
minizip 0 2.10.6 2.el9 minizip
EOF
database oracle-9 bdb 'Oracle America' x86_64 <<'EOF'
glibc 0 2.34 60.0.1.el9 glibc glibc-common
openssl 1 3.0.1 41.0.1.el9_0 openssl openssl-libs
curl 0 7.76.1 23.el9_2.1 curl libcurl
bash 0 5.1.8 6.el9_1 bash
EOF
database amazon-2023 sqlite 'Amazon Linux' aarch64 <<'EOF'
glibc 0 2.34 52.amzn2023.0.2 glibc glibc-minimal-langpack
openssl 0 3.0.8 1.amzn2023.0.3 openssl openssl-libs
curl 0 8.3.0 1.amzn2023.0.1 curl libcurl-minimal
EOF
database opensuse-leap-15.6 ndb 'SUSE LLC <https://www.suse.com/>' x86_64 <<'EOF'
openssl-3 0 3.1.4 150600.5.7.1 libopenssl3
curl 0 8.6.0 150600.4.3.1 curl libcurl4
bash 0 4.4 150400.27.3.2 bash
EOF
database photon-5 sqlite 'VMware, Inc.' x86_64 <<'EOF'
glibc 0 2.36 9.ph5 glibc glibc-libs
curl 0 8.1.2 3.ph5 curl curl-libs
zlib 0 1.2.13 1.ph5 zlib
EOF
database azurelinux-3.0 sqlite 'Microsoft Corporation' x86_64 <<'EOF'
openssl 0 3.3.0 2.azl3 openssl openssl-libs
curl 0 8.8.0 1.azl3 curl curl-libs
glibc 0 2.38 6.azl3 glibc
EOF
