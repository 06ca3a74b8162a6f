#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Who is not the administrator may look, and may not touch.

load lib/common
load lib/devices

# Where the checkout lies others than root may not be allowed: they get copies.
setup_file() {
	export PUBLIC
	PUBLIC=$(mktemp -d)
	chmod 755 "$PUBLIC"
	cp "$VDPA_PROGRAM" "$PUBLIC/vdpa"
	cp "$VDPA_CLIENTS/nl_raw" "$PUBLIC/nl_raw"
}

teardown_file() {
	rm -r "$PUBLIC"
}

setup() {
	common_setup
	load_core ours
	load_parent
	load_bus_drivers vhost_vdpa
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	cd /
}

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$@"; }
without_net_admin() { setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$@"; }
as_root_of_a_namespace() { unshare --user --map-root-user "$@"; }
as_nobody_become_root() { as_nobody unshare --user --map-root-user "$@"; }

WHO=(as_nobody without_net_admin as_root_of_a_namespace as_nobody_become_root)

# each_refused - to each of them: all that changes something, or that only the administrator may read
each_refused() {
	local request who

	for who in "${WHO[@]}"; do
		for request in "dev add name n1 mgmtdev $NET" "dev del n0" "dev set name n0 mac 52:54:00:12:34:56" \
			"dev vstats show n0 qidx 0" "dev vstats show" "dev suspend n0" "dev suspend n0 deadline 100" "dev resume n0" \
			"dev vq show" "dev vq show n0 qidx 0" "dev vq set n0 qidx 0 avail_index 1"; do
			# shellcheck disable=SC2086
			unchanged "$who" "$PUBLIC/nl_raw" --around "$PUBLIC/vdpa" $request
			[ "$status" -eq 2 ] || fail "$who: status $status: vdpa $request" "$output" "$stderr"
			[ -z "$output" ]
			[[ $stderr = *'not permitted'* ]] || fail "$who: vdpa $request" "$stderr"
		done
	done
}

@test "an unprivileged user, and root of a user namespace, may show everything" {
	for who in "${WHO[@]}"; do
		for request in 'mgmtdev show' 'dev show' 'dev config show'; do
			# shellcheck disable=SC2086
			assert_equal "$("$who" "$PUBLIC/vdpa" -j $request)" "$("$VDPA_TOOL" -j $request)"
		done
		assert_equal "$("$who" "$PUBLIC/nl_raw" dev-get DEV_NAME:str:n0)" "$(nl_raw dev-get DEV_NAME:str:n0)"
	done
}

@test "neither may add, delete, change, suspend, resume, or look at queues and their statistics" {
	hold n0 --status 11
	"$VDPA_TOOL" dev vstats show n0 qidx 0

	each_refused
}

@test "the kernel itself refuses them, with EPERM" {
	hold n0 --status 11

	for who in "${WHO[@]}"; do
		for request in "dev-new DEV_NAME:str:n1 MGMTDEV_DEV_NAME:str:$NET" "dev-del DEV_NAME:str:n0" \
			"dev-attr-set DEV_NAME:str:n0 DEV_NET_CFG_MACADDR:hex:525400123456" \
			"dev-vstats-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0" "--dump dev-vstats-get" \
			"dev-suspend DEV_NAME:str:n0" "dev-suspend DEV_GROUP:names:n0" "dev-resume DEV_NAME:str:n0" \
			"dev-vq-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0" "--dump dev-vq-get" \
			"dev-vq-set DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0 VQ_AVAIL_INDEX:u16:0"; do
			# shellcheck disable=SC2086
			run "$who" "$PUBLIC/nl_raw" $request
			[ "$status" -eq 2 ]
			[ "$(line errno)" = EPERM ] || fail "$who: $request" "$output"
		done
	done
	[ "$(devices)" = n0 ]
}

@test "what is wrong with a request is no business of who may not make it" {
	for who in "${WHO[@]}"; do
		run "$who" "$PUBLIC/nl_raw" dev-del DEV_NAME:str:n9
		[ "$(line errno)" = EPERM ]
	done
}

@test "another network namespace has no vdpa at all, and our command says so" {
	run --separate-stderr unshare --net "$VDPA_TOOL" dev show
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[[ $stderr = *vdpa* ]]

	run unshare --net "$VDPA_CLIENTS/nl_raw" --dump dev-get
	[ "$status" -eq 3 ]
}

# Sends nobody's questions faster than a parent answers that is stuck: thousands, in few sends and in many.
flood() {
	local i askers=()

	for i in {1..8}; do
		start as_nobody "$PUBLIC/nl_raw" --repeat 75 --unheard dev-migration-get DEV_NAME:str:b0
		askers+=("$PID")
	done
	wait "${askers[@]}"
	in_time as_nobody "$PUBLIC/nl_raw" --copies 2000 dev-migration-get DEV_NAME:str:b0
}

@test "whatever nobody asks a parent that is stuck, the administrator's commands are done in time" {
	modprobe vhost_iotlb
	insmod "$VDPA_KO/sim/vdpa_sim.ko"
	insmod "$VDPA_KO/sim/vdpa_sim_blk.ko"
	"$VDPA_TOOL" dev add name b0 mgmtdev vdpasim_blk
	calibrate
	echo $((20000 + 4 * IN_TIME)) >/sys/kernel/debug/vdpasim_blk/describe_delay_ms

	flood
	in_time "$VDPA_TOOL" dev set name n0 mac 52:54:00:12:34:56
	in_time "$VDPA_TOOL" dev add name n1 mgmtdev "$NET"
	in_time "$VDPA_TOOL" dev del n1
	in_time "$VDPA_TOOL" dev migration show n0
	run as_nobody "$PUBLIC/nl_raw" dev-migration-get DEV_NAME:str:n0
	assert_equal "$(line errno)" EBUSY
	assert_match "$(line message)" '^user 65534 has 64 requests or more that are not answered yet$'
	run as_nobody_become_root "$PUBLIC/nl_raw" dev-migration-get DEV_NAME:str:n0	# and is still the same user
	assert_equal "$(line errno)" EBUSY
	in_time setpriv --reuid=1234 --regid=1234 --clear-groups --inh-caps=-all "$PUBLIC/vdpa" dev migration show n0
	in_time modprobe team
	other_families_answer
	in_time as_nobody "$PUBLIC/vdpa" dev show

	echo 0 >/sys/kernel/debug/vdpasim_blk/describe_delay_ms
	rmmod vdpa_sim_blk	# when the last has been answered
}
