#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The packages, on the way that a host takes: built, installed into a fresh minimal Debian with the test VM's kernel, their core
# built there by DKMS and loaded in the VM from there, removed, and the distribution's core back. As root, on the host. The
# tests go on from each other (make check-packages). VDPA_SUITE: of which Debian, bookworm if not said otherwise.

load ../lib/common

setup_file() {
	export PACKAGES=$VDPA_TOP/build/packages/debs VDPA_RELEASE TREE=$VDPA_TOP/build/packages/tree VERSION KERNEL
	local suite=${VDPA_SUITE:-bookworm}

	# By its name in tests/kernels.list
	KERNEL=distro
	[ "$suite" = bookworm ] || KERNEL=6.12-$suite
	VDPA_RELEASE=$(cat "$("$VDPA_TOP/tests/vm/kernel" "$KERNEL")/release")
	VERSION=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$VDPA_TOP/debian/changelog")
	"$VDPA_TOP/tests/packages/build" "$PACKAGES"
	rm -rf "$TREE"
	cp -a "$("$VDPA_TOP/tests/packages/tree" "$suite" "$VDPA_RELEASE")" "$TREE"
}

in_tree() { "$VDPA_TOP/tests/packages/in" "$TREE" "$@"; }

# in_machine COMMAND - in a VM of the tree's kernel and modules, in the tree
in_machine() {
	"$VDPA_TOP/tests/vm/run" --kernel "$KERNEL" --timeout 240 -- bash -euc '
		for dir in proc sys dev; do
			mount --rbind "/$dir" "$1/$dir"
		done
		exec chroot "$1" bash -euc "$2"' machine "$TREE" "$1"
}

installed_core() { in_tree modinfo -k "$VDPA_RELEASE" -F filename vdpa; }

@test "without vdpa-dkms the command stands in for iproute2's, and says that there is no core of ours" {
	assert_match "$(installed_core)" "/kernel/drivers/vdpa/"
	cp "$PACKAGES"/*.deb "$TREE/root"

	in_tree sh -c 'apt-get -q -y --no-install-recommends install /root/vdpa-tools_*.deb'

	run -3 in_tree vdpa doctor
	[[ $output = *"this project's core is installed for no kernel"* ]]
	assert_match "$(in_tree vdpa -V)" "^vdpa $VERSION,"
	[ -x "$TREE/usr/sbin/vdpa.iproute2" ]
	[ -f "$TREE/usr/share/man/man8/vdpa-dev.8.gz" ]
}

@test "vdpa-dkms builds the core for the kernel that is installed" {
	in_tree sh -c 'apt-get -q -y --no-install-recommends install /root/vdpa-dkms_*.deb'

	assert_match "$(installed_core)" "/updates/dkms/vdpa.ko"
	assert_equal "$(in_tree modinfo -k "$VDPA_RELEASE" -F version vdpa)" "$VERSION"
	assert_equal "$("$VDPA_TOOL" -j doctor root "$TREE" | jq -r '.doctor.host.kernels[0].core')" ours
	run ! ls "$TREE/lib/modules/$VDPA_RELEASE"/updates/dkms/vdpa_sim*
}

@test "the machine boots with it: modprobe takes our core, the distribution's drivers load on it, and the doctor is content" {
	run -0 --separate-stderr in_machine '
		modprobe -a vduse vhost_vdpa virtio_vdpa
		cat /sys/module/vdpa/version
		vdpa -V
		vdpa doctor'
	[[ $output = "$VERSION"$'\n'"vdpa $VERSION, core $VERSION"$'\n'*'this host is set up right'* ]]
	[[ $output = *'held by the modules: '*vduse* ]]
}

# unfit NAME - another kernel, called 6.12.0-NAME, whose headers are the real one's but for what the test changes in them
unfit() {
	local dir=$TREE/lib/modules/6.12.0-$1

	rm -rf "$dir" "$TREE/usr/src/unfit"
	mkdir -p "$dir"
	cp -a "$TREE/usr/src/linux-headers-$VDPA_RELEASE" "$TREE/usr/src/unfit"
	ln -s /usr/src/unfit "$dir/build"
	UNFIT=$TREE/usr/src/unfit
}

@test "a kernel whose core is built in is refused, in words" {
	unfit builtin
	sed -i 's/^CONFIG_VDPA=m/CONFIG_VDPA=y/' "$UNFIT"/.config "$UNFIT"/include/config/auto.conf

	run in_tree dkms install "vdpa/$VERSION" -k 6.12.0-builtin
	[ "$status" -ne 0 ]
	# DKMS 3.0 shows it, later ones have it in the log.
	log=$TREE/var/lib/dkms/vdpa/$VERSION/build/make.log
	[ ! -e "$log" ] || output+=$(<"$log")
	[[ $output = *'vdpa: not for this kernel'*'its vDPA core is built in (CONFIG_VDPA=y)'* ]]
	[ ! -e "$TREE/lib/modules/6.12.0-builtin/updates" ]
}

@test "a kernel whose drivers would not load on our core is refused, with the reason in the log" {
	unfit crc
	sed -i '/\tvdpa_mgmtdev_register\t/s/^0x......../0x01234567/' "$UNFIT/Module.symvers"
	grep -q '^0x01234567' "$UNFIT/Module.symvers"

	run in_tree dkms install "vdpa/$VERSION" -k 6.12.0-crc
	[ "$status" -ne 0 ]
	grep -q 'vdpa_mgmtdev_register 0x01234567' "$TREE/var/lib/dkms/vdpa/$VERSION/build/make.log"
	grep -q 'not for this kernel.*its drivers would not load on this core' "$TREE/var/lib/dkms/vdpa/$VERSION/build/make.log"
	[ ! -e "$TREE/lib/modules/6.12.0-crc/updates" ]
}

@test "a kernel without vDPA is passed over" {
	unfit without
	sed -i '/^CONFIG_VDPA=/d' "$UNFIT"/.config "$UNFIT"/include/config/auto.conf

	run in_tree dkms install "vdpa/$VERSION" -k 6.12.0-without
	[ "$status" -ne 0 ]
	[[ $output = *BUILD_EXCLUSIVE* ]]
	[ ! -e "$TREE/lib/modules/6.12.0-without/updates" ]
	# What the kernel's package runs when it is installed: a failure would leave it unconfigured.
	in_tree /etc/kernel/header_postinst.d/dkms 6.12.0-without
	rm -rf "$TREE"/lib/modules/6.12.0-* "$TREE/usr/src/unfit"
}

@test "when vdpa-dkms is removed, the distribution's core is back at the next boot" {
	in_tree apt-get -q -y remove vdpa-dkms

	assert_match "$(installed_core)" "/kernel/drivers/vdpa/"
	run -0 --separate-stderr in_machine '
		modprobe vdpa
		[ ! -e /sys/module/vdpa/version ]
		vdpa -V
		status=0
		vdpa doctor || status=$?
		[ "$status" -eq 3 ]'
	[[ $output = *"vdpa $VERSION, core: the distribution's"* ]]
}

@test "when vdpa-tools is removed, iproute2's command is back, and nothing is left" {
	in_tree apt-get -q -y purge vdpa-tools vdpa-dkms

	assert_match "$(in_tree vdpa -V)" iproute2
	run ! ls "$TREE"/usr/sbin/vdpa.iproute2
	assert_equal "$(in_tree dpkg-divert --list '*vdpa*')" ''
	[ ! -e "$TREE/usr/src/vdpa-$VERSION" ]
	[ ! -e "$TREE/var/lib/dkms/vdpa" ]
}
