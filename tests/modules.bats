#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900
# processors: 2
# Modules come and go in every order; what is in use stays.

load lib/common
load lib/devices

# The orders of three things
ORDERS=('1 2 3' '1 3 2' '2 1 3' '2 3 1' '3 1 2' '3 2 1')

load_one() {
	case $1 in
	1) load_parent ;;
	2) modprobe vhost_vdpa ;;
	3) modprobe virtio_vdpa ;;
	esac
}

unload_one() {
	case $1 in
	1) rmmod vdpa_test_parent ;;
	2) rmmod vhost_vdpa ;;
	3) rmmod virtio_vdpa ;;
	esac
}

nothing_left() {
	[ ! -e "$BUS" ] || fail "$(ls -R "$BUS")"
	[ ! -e /sys/module/vdpa ]
	run ! genl ctrl get name vdpa
}

@test "the twelve symbols of the core are exported, and the two that it adds, no more" {
	load_core ours
	exported=$(sed -n 's/.* __ksymtab_\(.*\)\s\[vdpa\]$/\1/p' /proc/kallsyms)

	for symbol in __vdpa_alloc_device _vdpa_register_device _vdpa_unregister_device vdpa_register_device \
		vdpa_unregister_device __vdpa_register_driver vdpa_unregister_driver vdpa_mgmtdev_register \
		vdpa_mgmtdev_unregister vdpa_get_config vdpa_set_config vdpa_set_status \
		__vdpa_mgmtdev_refuse __vdpa_mgmtdev_register_migration; do
		grep -qx "$symbol" <<<"$exported" || fail "$symbol is not exported"
	done
	assert_equal "$(wc -l <<<"$exported")" 14
}

@test "modules and command tell one version, and the command which core runs" {
	version=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$VDPA_TOP/debian/changelog")
	for module in core/vdpa sim/vdpa_sim sim/vdpa_sim_net sim/vdpa_sim_blk; do
		assert_equal "$(modinfo -F version "$VDPA_KO/$module.ko")" "$version"
	done
	assert_equal "$(vdpa -V)" "vdpa $version, core: none is loaded"

	load_core ours
	assert_equal "$(</sys/module/vdpa/version)" "$version"
	assert_equal "$(vdpa -V)" "vdpa $version, core $version"
	unload_core
	load_core distro
	assert_equal "$(vdpa -V)" "vdpa $version, core: the distribution's"
	unload_core
}

@test "the core comes and goes, again and again, and leaves nothing" {
	for round in {1..5}; do
		load_core ours
		run -0 nl_raw --dump dev-get
		[ "$output" = errno=0 ]
		unload_core
		nothing_left
	done
}

@test "parent and bus drivers are loaded and unloaded in every order, with a device in between" {
	load_core ours

	for loading in "${ORDERS[@]}"; do
		for unloading in "${ORDERS[@]}"; do
			for module in $loading; do
				load_one "$module"
			done
			nl_raw dev-new DEV_NAME:str:c0 "MGMTDEV_DEV_NAME:str:$ODD"
			[ "$(driver_of c0)" ]
			for module in $unloading; do
				unload_one "$module"
			done
		done
	done

	unload_core
	nothing_left
}

@test "the core is not unloaded while a parent uses it" {
	load_core ours
	load_parent

	run rmmod vdpa
	[ "$status" -ne 0 ]
	[[ $output = *'in use'* ]]

	rmmod vdpa_test_parent
	unload_core
	nothing_left
}

@test "the core is not unloaded while a bus driver uses it" {
	load_core ours

	for driver in vhost_vdpa virtio_vdpa; do
		modprobe "$driver"
		run rmmod vdpa
		[ "$status" -ne 0 ]
		[[ $output = *'in use'* ]]
		rmmod "$driver"
	done

	unload_core
	nothing_left
}

@test "a bus driver is not unloaded while its node is open" {
	load_core ours
	load_parent
	load_bus_drivers vhost_vdpa
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	hold n0

	run rmmod vhost_vdpa
	[ "$status" -ne 0 ]
	[[ $output = *'in use'* ]]
	has_driver n0 vhost_vdpa

	release
	rmmod vhost_vdpa
	exists n0
	[ -z "$(driver_of n0)" ]
}

@test "an unloaded parent takes its devices along, and no other's; loaded again it starts afresh" {
	load_core ours
	load_parent parents=net,blk unmanaged=u0
	load_bus_drivers vhost_vdpa
	modprobe vduse
	for name in n0 n1; do
		nl_raw dev-new "DEV_NAME:str:$name" "MGMTDEV_DEV_NAME:str:$NET"
	done
	nl_raw dev-new DEV_NAME:str:b0 "MGMTDEV_DEV_NAME:str:$BLK"

	rmmod vdpa_test_parent

	for name in n0 n1 b0 u0; do
		gone "$name"
	done
	[ -z "$(devices)" ]
	[ "$(nl_raw --dump mgmtdev-get | grep -c MGMTDEV_DEV_NAME=)" -eq 1 ]

	load_parent parents=net
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	has_driver n0 vhost_vdpa
}

@test "a bus driver that comes later takes the devices that wait, one that goes lets go of its own" {
	load_core ours
	load_parent
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	nl_raw dev-new DEV_NAME:str:n1 "MGMTDEV_DEV_NAME:str:$NET"
	[ -z "$(driver_of n0)" ]

	modprobe vhost_vdpa
	has_driver n0 vhost_vdpa
	has_driver n1 vhost_vdpa

	rmmod vhost_vdpa
	[ -z "$(driver_of n0)$(driver_of n1)" ]
	exists n0
}

@test "devices are added, deleted and their parent unloaded while a bus driver comes and goes" {
	load_core ours
	load_parent
	start bash -c 'for i in {1..15}; do modprobe vhost_vdpa; rmmod vhost_vdpa; done'
	drivers=$PID

	while alive "$drivers"; do
		nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
		nl_raw dev-del DEV_NAME:str:n0
	done

	wait "$drivers" || fail "$(cat "$OUT")"
	[ -z "$(devices)" ]
}
