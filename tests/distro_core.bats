#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Our command on the distribution's own core.

load lib/common
load lib/devices

setup() {
	common_setup
}

# a_few_devices ours|distro - the same devices on either core
a_few_devices() {
	load_core "$1"
	load_parent
	load_bus_drivers vhost_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56 mtu 9000 max_vqp 2
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK"
	"$VDPA_TOOL" dev add name p0 mgmtdev "$ON_BUS" mac 52:54:00:00:00:01
	"$VDPA_TOOL" dev set name n0 mac 52:54:00:00:00:03
	hold n0 --status 11
}

# all_that_is_shown - what our command says of them, without what iproute2's does not show: the keys from "state" on, which
# come last, and what "dev add" takes
all_that_is_shown() {
	local what

	for what in 'mgmtdev show' 'dev show' 'dev config show' "mgmtdev show $ON_BUS" 'dev show n0' 'dev config show b0' \
		'dev config show n0' 'dev vstats show n0 qidx 2'; do
		# shellcheck disable=SC2086
		"$VDPA_TOOL" -j $what | jq -c 'del(.dev[]?["state", "transitions", "status", "capabilities",
			"created_with", "opened_by"], .mgmtdev[]?.dev_add)'
		# shellcheck disable=SC2086
		"$VDPA_TOOL" $what | sed 's/ state .*//; /^  status\b/d; /^  \(capabilities\|created_with\|opened_by\|dev_add\)\b/d;
			/^ *\(keyword\|pid\) /d'
	done
}

@test "our command gives the same answers on the distribution's core as on ours" {
	a_few_devices distro
	distro=$(all_that_is_shown)
	release
	unload_all
	a_few_devices ours

	assert_equal "$(all_that_is_shown)" "$distro"
}

@test "the independent client gets the same replies from the distribution's core as from ours" {
	local request requests=(
		mgmtdev-get "MGMTDEV_DEV_NAME:str:$NET" --next dev-get DEV_NAME:str:p0 --next
		dev-config-get DEV_NAME:str:n0 --next dev-config-get DEV_NAME:str:b0 --next
		dev-vstats-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:2 --next
		--dump mgmtdev-get --next --dump dev-get --next --dump dev-config-get
	)

	a_few_devices distro
	distro=$(nl_raw "${requests[@]}")
	release
	unload_all
	a_few_devices ours

	ours=$(nl_raw "${requests[@]}")
	assert_equal "$(grep -vE '^(DEV_(STATE|STATUS|CAPS|CREATED_WITH|DRIVER|TRANSITIONS)|MGMTDEV_DEV_NEW_ATTRS|EVENT_SEQ)=' <<<"$ours")" "$distro"
}

@test "what the distribution's core lacks is said, by each command that needs it" {
	a_few_devices distro

	for request in 'dev suspend n0' 'dev suspend n0 b0 deadline 100' 'dev resume n0' 'dev vq show' 'dev vq show n0 qidx 0' \
		'dev vq set n0 qidx 0 avail_index 1' monitor '-s monitor dev'; do
		[[ $request =~ (dev suspend|dev resume|dev vq show|dev vq set|monitor) ]]
		# shellcheck disable=SC2086
		command_refuses 2 "this kernel's vdpa core has no ${BASH_REMATCH[1]} command \\(needs the vdpa.ko that comes with" $request
	done
}

@test "on the distribution's core a delete that is not to wait, or not for ever, is not begun" {
	a_few_devices distro

	for words in nowait 'deadline 100'; do
		# shellcheck disable=SC2086
		command_refuses 2 "this kernel's vdpa core knows no \"${words% *}\" \(needs the vdpa.ko that comes with" dev del n0 $words
	done
}

@test "on the distribution's core a device that is to have a driver of its own is not added, and none is changed" {
	a_few_devices distro

	command_refuses 2 "this kernel's vdpa core knows no \"driver\" \(needs the vdpa.ko that comes with" \
		dev add name n1 mgmtdev "$NET" driver vhost_vdpa
	command_refuses 2 "this kernel's vdpa core .*\(needs the vdpa.ko that comes with" dev set b0 driver none
	has_driver b0 vhost_vdpa
}

@test "where the distribution's core lists no statistics, our command asks queue by queue" {
	a_few_devices distro

	run -0 "$VDPA_TOOL" -j dev vstats show n0
	[ "$(jq -c '[.vstats.n0.queues[].qidx]' <<<"$output")" = '[0,1,2,3,4]' ]
	run -0 "$VDPA_TOOL" -j dev vstats show
	[ "$(jq -c '.vstats.n0.queues | length' <<<"$output")" = 5 ]
	[ "$(jq -c '.vstats.b0.available' <<<"$output")" = false ]
}

@test "our command adds and deletes on the distribution's core" {
	load_core distro
	load_parent

	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56
	[ "$(field dev-config-get n0 DEV_NET_CFG_MACADDR)" = 52:54:00:12:34:56 ]
	"$VDPA_TOOL" dev del n0
	gone n0
}

@test "what the distribution's core refuses, even without a word, our command explains" {
	load_core distro
	load_parent unmanaged=u0
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	command_refuses 2 'n9.*not found|n9.*no such' dev show n9
	command_refuses 2 'n9.*not found|n9.*no such' dev del n9
	command_refuses 2 'nowhere' dev add name n1 mgmtdev nowhere
	command_refuses 2 'n0.*exists' dev add name n0 mgmtdev "$NET"
	command_refuses 2 'u0' dev show u0
	command_refuses 2 negotiat dev vstats show n0 qidx 0
	knob "$NET" add_errno 28
	command_refuses 2 'n1.*room' dev add name n1 mgmtdev "$NET"
}

@test "the errors of the distribution's core have the same numbers on ours" {
	requests() {
		cat <<-END
			dev-get DEV_NAME:str:n9
			dev-get
			dev-get DEV_NAME:str:u0
			dev-del DEV_NAME:str:n9
			dev-del DEV_NAME:str:u0
			dev-del
			dev-new DEV_NAME:str:n0 MGMTDEV_DEV_NAME:str:$NET
			dev-new DEV_NAME:str:n1 MGMTDEV_DEV_NAME:str:nowhere
			dev-new DEV_NAME:str:n1
			dev-new MGMTDEV_DEV_NAME:str:$NET
			dev-new DEV_NAME:str:n1 MGMTDEV_DEV_NAME:str:$NET DEV_NET_CFG_MTU:u16:67
			dev-new DEV_NAME:str:n1 MGMTDEV_DEV_NAME:str:$NET DEV_NET_CFG_MAX_VQP:u16:0
			dev-new DEV_NAME:str:n1 MGMTDEV_DEV_NAME:str:$NET DEV_NET_CFG_MAX_VQP:u16:5
			dev-new DEV_NAME:str:n1 MGMTDEV_DEV_NAME:str:$NET DEV_NET_CFG_MACADDR:hex:5254
			dev-new DEV_NAME:str:n1 MGMTDEV_DEV_NAME:str:$NET DEV_NET_CFG_MTU:u16:1500 DEV_FEATURES:u64:1
			dev-new DEV_NAME:str:n1 MGMTDEV_DEV_NAME:str:$NET DEV_FEATURES:u64:0x1000000000000000
			dev-new DEV_NAME:str:n1 MGMTDEV_DEV_NAME:str:$NET 100:u32:1
			dev-new DEV_NAME:str:n1 MGMTDEV_DEV_NAME:str:$NET DEV_ID:u32:1
			dev-new DEV_NAME:str:b1 MGMTDEV_DEV_NAME:str:$BLK DEV_NET_CFG_MTU:u16:1500
			dev-new DEV_NAME:str:m1 MGMTDEV_DEV_NAME:str:$MULTI DEV_FEATURES:u64:0x20
			dev-config-get DEV_NAME:str:n9
			dev-config-get
			dev-attr-set DEV_NAME:str:n0
			dev-attr-set DEV_NAME:str:n0 DEV_NET_CFG_MACADDR:hex:010000000000
			dev-attr-set DEV_NAME:str:n9 DEV_NET_CFG_MACADDR:hex:525400123456
			dev-vstats-get DEV_NAME:str:n0
			dev-vstats-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0
			dev-vstats-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:32769
			dev-vstats-get DEV_NAME:str:b0 DEV_QUEUE_INDEX:u32:0
			mgmtdev-get
			mgmtdev-get MGMTDEV_DEV_NAME:str:nowhere
			9 DEV_NAME:str:n0
		END
	}
	answers() {
		local -a words

		load_core "$1"
		load_parent unmanaged=u0
		nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
		nl_raw dev-new DEV_NAME:str:b0 "MGMTDEV_DEV_NAME:str:$BLK"
		while read -ra words; do
			run nl_raw "${words[@]}"
			echo "${words[*]}: $(line errno)"
		done < <(requests)
	}

	distro=$(answers distro)
	unload_all

	assert_equal "$(answers ours)" "$distro"
}

@test "files are applied on the distribution's core as well, and what it lacks is named" {
	load_core distro
	load_parent
	cd "$BATS_TEST_TMPDIR"
	echo '{"dev": {"n0": {"mgmtdev": "'"$NET"'", "mac": "52:54:00:12:34:56", "max_vqp": 2}, "b0": {"mgmtdev": "'"$BLK"'"}}}' >a.json

	assert_equal "$("$VDPA_TOOL" apply a.json | sort)" "b0: create mgmtdev $BLK
n0: create mgmtdev $NET mac 52:54:00:12:34:56 max_vqp 2"
	assert_equal "$("$VDPA_TOOL" apply a.json)" ''
	"$VDPA_TOOL" save file b.json
	assert_equal "$("$VDPA_TOOL" apply b.json)" ''

	sed -i 's/"max_vqp": 2/"max_vqp": 3, "driver": "none"/' a.json
	command_refuses 2 'a.json:1: n0: this kernel.s vdpa core knows no "driver"' apply a.json
	sed -i 's/, "driver": "none"//' a.json
	command_refuses 2 'a.json:1: n0: exists, but differs: max_vqp is 2, not 3' apply a.json
	command_refuses 2 'knows no "nowait"' apply -prune a.json
	command_refuses 2 'tells of no management devices that come' apply -watch a.json
}
