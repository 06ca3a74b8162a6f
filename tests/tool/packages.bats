#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The packages by themselves: that they are built, and what is in them. What becomes of them on a host: tests/packages.

load ../lib/common

setup_file() {
	export PACKAGES=$BATS_FILE_TMPDIR/debs VERSION

	VERSION=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$VDPA_TOP/debian/changelog")
	"$VDPA_TOP/tests/packages/build" "$PACKAGES"
}

@test "the packages are built, and built again elsewhere they are the same" {
	TZ=Asia/Tokyo "$VDPA_TOP/tests/packages/build" "$BATS_TEST_TMPDIR/elsewhere"

	for package in "$PACKAGES"/*.deb; do
		cmp "$package" "$BATS_TEST_TMPDIR/elsewhere/${package##*/}"
	done
	assert_equal "$(cd "$PACKAGES" && ls -1 ./*.deb | grep -v dbgsym | sed 's/_.*//')" "./vdpa-dev
./vdpa-dkms
./vdpa-sim-dkms
./vdpa-tools"
}

@test "lintian finds nothing in them, however pedantic" {
	run -0 lintian --allow-root --pedantic --display-info --display-experimental --fail-on error,warning,info,pedantic \
		"$PACKAGES"/*.changes
	[ -z "$output" ] || fail "$output"
}

@test "the RPMs of the command and the headers are built, and rpmlint finds nothing in them and in the specs" {
	"$VDPA_TOP/tests/packages/rpm" "$BATS_TEST_TMPDIR/rpm"

	rpm=$(echo "$BATS_TEST_TMPDIR"/rpm/RPMS/*/vdpa-tools-"$VERSION"-*.rpm)
	mkdir "$BATS_TEST_TMPDIR/tree"
	(cd "$BATS_TEST_TMPDIR/tree" && rpm2cpio "$rpm" | cpio -idm --quiet)
	assert_match "$("$BATS_TEST_TMPDIR/tree/usr/libexec/vdpa/vdpa" -V)" "^vdpa $VERSION,"
	[ -f "$BATS_TEST_TMPDIR/tree/usr/libexec/vdpa/man/man8/vdpa.8" ]
	[ "$(PATH=/usr/bin; . "$BATS_TEST_TMPDIR/tree/etc/profile.d/vdpa.sh"; echo "$PATH")" = /usr/libexec/vdpa:/usr/bin ]
}

@test "each holds what is its own, and no package the simulated parents but theirs" {
	for package in tools:./usr/sbin/vdpa tools:./usr/share/bash-completion/completions/vdpa \
		tools:./usr/share/zsh/vendor-completions/_vdpa tools:./usr/share/doc/vdpa-tools/examples/vdpa \
		tools:./usr/lib/udev/rules.d/60-vdpa.rules tools:./usr/libexec/vdpa/vdpa-by-name \
		tools:./usr/share/man/man8/vdpa-doctor.8.gz "dkms:./usr/src/vdpa-$VERSION/kernel/check-symbols" \
		"sim-dkms:./usr/src/vdpa-sim-$VERSION/kernel/sim/net.c" dev:./usr/include/vdpa/linux/vdpa_migration.h \
		dev:./usr/include/vdpa/uapi/linux/vdpa.h dev:./usr/share/ynl/specs/vdpa.yaml; do
		dpkg -c "$PACKAGES/vdpa-${package%%:*}_"*.deb | grep -qF " ${package#*:}" || fail "$package"
	done
	grep -q '/lib/systemd/system/vdpa.service$' <(dpkg -c "$PACKAGES"/vdpa-tools_*.deb)
	for package in tools dkms dev; do
		run ! grep -q /sim <(dpkg -c "$PACKAGES/vdpa-${package}_"*.deb)
	done
}

@test "from the sources, the command is installed and all is removed without kernel headers, for every kernel" {
	root=$BATS_TEST_TMPDIR/root
	make="make -s -C $VDPA_TOP KDIR=/nowhere DESTDIR=$root"

	$make install-tools install-dev
	[ -x "$root/usr/local/sbin/vdpa" ] && [ -f "$root/usr/local/share/man/man8/vdpa.8" ]
	grep -qx 'ExecStart=/usr/local/sbin/vdpa apply -watch' "$root/usr/local/lib/systemd/system/vdpa.service"
	grep -q 'RUN+="/usr/local/libexec/vdpa/vdpa-by-name"' "$root/usr/local/lib/udev/rules.d/60-vdpa.rules"
	[ -x "$root/usr/local/libexec/vdpa/vdpa-by-name" ]
	[ -f "$root/usr/local/include/vdpa/linux/vdpa_migration.h" ] && [ -f "$root/usr/local/share/ynl/specs/vdpa.yaml" ]
	mkdir -p "$root"/lib/modules/{1,2}/updates/dkms
	touch "$root"/lib/modules/{1,2}/updates/vdpa{,_sim,_sim_net,_sim_blk}.ko "$root"/lib/modules/2/updates/{other,dkms/vdpa}.ko

	$make uninstall
	assert_equal "$(cd "$root" && find . -type f | sort)" "./lib/modules/2/updates/dkms/vdpa.ko
./lib/modules/2/updates/other.ko"
}
