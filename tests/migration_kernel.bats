#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Migration as the kernel sees it, without our command: descriptions, its word on them, a device's state saved and loaded.

load lib/state

M=$VDPA_CLIENTS/nl_migration
PARENT_KNOBS=$KNOBS/vdpasim_net

setup() {
	common_setup
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
	cd "$BATS_TEST_TMPDIR" || return
}

add_net() { vdpa dev add name "$1" mgmtdev vdpasim_net mac 02:00:00:00:00:01 max_vqp 2 mtu 1400; }

# said_by FILE ERRNO PATTERN - what the client has printed: this verdict, with a message that matches
said_by() {
	grep -qx "errno=$2" "$1" || fail "not $2:" "$(<"$1")"
	grep -qE "^message=.*$3" "$1" || fail "the message does not say \"$3\":" "$(<"$1")"
}

# refused ERRNO PATTERN ARGUMENT… - the client is refused with ERRNO, and told why
refused() {
	local errno=$1 pattern=$2
	shift 2

	if "$M" "$@" >verdict; then
		fail "not refused: $*" || return
	fi
	said_by verdict "$errno" "$pattern" || fail "$*"
}

# judged ERRNO PATTERN LINE… - the description in the file "source" with LINEs added is judged for n0
judged() {
	local errno=$1 pattern=$2
	shift 2

	{ cat source; printf '%s\n' "$@"; } >judged
	refused "$errno" "$pattern" check dev n0 <judged || fail "lines: $*"
}

# hold_with DEV STATUS - a user of its vhost-vdpa node negotiates all that it offers, and sets this status
hold_with() {
	local features

	features=$("$M" show dev "$1" | sed -n 's/^device_features .* //p')
	start "$VDPA_CLIENTS/vhost_hold" --owner --features "$features" --status "$2" "$(vhost_of "$1")"
	wait_until 20 said "$OUT" ready
}

# suspended_pair CLASS - devices s (suspended) and t (its driver has negotiated features, and not started it)
suspended_pair() {
	local name

	for name in s t; do
		if [ "$1" = net ]; then
			add_net "$name"
		else
			vdpa dev add name "$name" mgmtdev vdpasim_blk
		fi
	done
	hold_with s 15
	hold_with t 11
	vdpa dev suspend s
}

# A worker is in an operation of the parent, held up by a knob.
in_parent() { grep -qs vdpasim_fault /proc/[0-9]*/stack; }

avail_index() { vdpa -j dev vq show "$1" | jq ".vq[\"$1\"].queues[$2].avail_index"; }

@test "a device is described by what all have in common, and by what its parent adds" {
	add_net n0
	vdpa dev add name b0 mgmtdev vdpasim_blk

	"$M" show dev n0 >n0
	"$M" show dev b0 >b0

	diff - n0 <<-EOF
		dev n0
		class 1
		device_api string equal virtio-net
		parent string equal vdpa_sim_net
		software_version version version 1.0.0
		device_features bitmask superset! $(sed -n 's/^device_features .* //p' n0)
		max_vqs u64 at-least 5
		vq_size range contains 0x1..0x400
		iova_range range contains 0x0..0xffffffffffffffff
		vq_layout set superset split
		capabilities set superset private_state,resume,suspend,vq_state
		mtu u64 equal! 1400
		mac string equal! 02:00:00:00:00:01
		max_vqp u64 equal! 2
		vdpasim_net.filter_max u64 at-least 64
	EOF
	grep -qx 'class 2' b0
	grep -qx 'device_api string equal virtio-blk' b0
	grep -qx 'capacity u64 equal 262144' b0
	grep -qx 'blk_size u64 equal 512' b0
	grep -qx 'writable u64 at-least 1' b0
	grep -qx 'inflight u64 info 1' b0
	grep -qx 'vdpasim_blk.store string equal ' b0
}

@test "a management device is described by what it takes and creates, in a list for each class" {
	load_parent

	"$M" show mgmtdev vdpasim_net >net
	"$M" show mgmtdev vdpatest_multi >multi
	"$M" show mgmtdev >all

	grep -qx 'mac string equal! -' net
	grep -qx 'mtu range equal! 0x44..0x2400' net
	grep -qx 'max_vqp range equal! 0x1..0x10' net
	grep -qx 'max_vqs u64 at-least 33' net
	[ "$(grep '^class' multi)" = $'class 1\nclass 2' ]
	[ "$(grep -c '^software_version string equal build ' multi)" = 2 ]
	[ "$(grep -c '^mgmtdev ' all)" = 7 ]
	[ "$(grep -c '^class ' all)" = 8 ]
}

# identity_of MODULE - its build ID, as the linker wrote it
identity_of() { tail -c 20 "/sys/module/$1/notes/.note.gnu.build-id" | od -An -v -tx1 | tr -d ' \n'; }

@test "a parent that declares no version is told from other builds by its build ID, wherever it is loaded" {
	for round in 1 2; do
		load_parent parents=net
		add_net n0
		assert_equal "$("$M" show mgmtdev vdpatest_net | grep ^software_version)" \
			"software_version string equal build $(uname -r) $(uname -v) $(identity_of vdpa_test_parent)"
		vdpa dev add name p0 mgmtdev vdpatest_net
		"$M" show dev p0 | sed '/^dev /d' >"p0.$round"
		vdpa dev del n0
		rmmod vdpa_test_parent
	done

	cmp p0.1 p0.2
}

@test "a parent that does not answer is listed by name alone, and keeps nobody waiting" {
	add_net n0
	vdpa dev add name b0 mgmtdev vdpasim_blk
	echo 3000 >"$PARENT_KNOBS/describe_delay_ms"

	"$M" show dev >all

	echo 0 >"$PARENT_KNOBS/describe_delay_ms"
	[ "$(grep -E '^(dev|class) ' all)" = $'dev n0\ndev b0\nclass 2' ]
	"$M" show dev n0 | grep -qx 'class 1'
}

@test "a parent that cannot describe a device, or does so wrongly, is told apart from one that has nothing to say" {
	add_net n0
	echo 5 >"$PARENT_KNOBS/describe_errno"

	refused EIO 'n0 cannot be described: its parent says -EIO' show dev n0

	echo 0 >"$PARENT_KNOBS/describe_errno"
	echo nonsense >"$PARENT_KNOBS/version"
	refused EINVAL 'n0 cannot be described: its version is not like 1.2.3' show dev n0
	[ "$("$M" show dev)" = 'dev n0' ]
	echo >"$PARENT_KNOBS/version"
	"$M" show dev n0 | grep -q '^software_version string equal build '

	load_parent parents=mig
	vdpa dev add name m0 mgmtdev vdpatest_mig
	echo "note string equal string=$(printf 'v%.0s' {1..256})" >"$KNOBS/vdpa_test_parent/vdpatest_mig/description"
	refused EINVAL 'm0 cannot be described: its value has more than 255 bytes' show dev m0
}

@test "a device is compatible with itself, its twin, and what can create it; with no other class, and no other parent" {
	load_parent parents=net
	add_net n0
	add_net n1
	vdpa dev add name b0 mgmtdev vdpasim_blk
	"$M" show dev n0 >source

	for target in 'dev n0' 'dev n1' 'mgmtdev vdpasim_net'; do
		# shellcheck disable=SC2086 # two words
		"$M" check $target <source
	done

	refused EMEDIUMTYPE 'class: source 1, target 2' check dev b0 <source
	refused EMEDIUMTYPE 'class: source 1, target 2' check mgmtdev vdpasim_blk <source
	refused EMEDIUMTYPE 'parent: source vdpa_sim_net, target vdpa_test_parent' check mgmtdev vdpatest_net <source
	refused ENODEV 'no device named n9' check dev n9 <source
	refused ENODEV 'no management device named m9' check mgmtdev m9 <source
}

@test "each rule is judged as it is written, and a mismatch is told with both values" {
	add_net n0
	echo class 1 >source
	echo 2.1.0 >"$PARENT_KNOBS/version"
	echo 1.0.2-1.0.4,3.2.0- >"$PARENT_KNOBS/accepts"

	# what fits
	"$M" check dev n0 <<-EOF
		class 1
		mtu u64 equal 1400
		max_vqs u64 at-least 5
		max_vqp u64 at-most 2
		vq_size range contains 0x2..0x100
		capabilities set superset suspend,resume,suspend
		device_features bitmask superset 0x100000000
		software_version version version 2.0.99
		no_such_thing string info anything
		neither_this frob info -
	EOF
	for version in 2.1.7 1.0.2 1.0.4 3.2.0 4294967295.0.0; do
		printf 'class 1\nsoftware_version version version %s\n' "$version" | "$M" check dev n0
	done

	# what does not
	judged EMEDIUMTYPE 'mtu: source 1401, target 1400 \(equal\)' 'mtu u64 equal 1401'
	judged EMEDIUMTYPE 'max_vqs: source 6, target 5' 'max_vqs u64 at-least 6'
	judged EMEDIUMTYPE 'max_vqp: source 1, target 2' 'max_vqp u64 at-most 1'
	judged EMEDIUMTYPE 'vq_size: source 0x0-0x100, target 0x1-0x400' 'vq_size range contains 0x0..0x100'
	judged EMEDIUMTYPE 'vq_size' 'vq_size range contains 0x1..0x401'
	judged EMEDIUMTYPE 'capabilities: source \{fly\}, target \{private' 'capabilities set superset fly'
	judged EMEDIUMTYPE 'capabilities' 'capabilities set equal suspend'
	judged EMEDIUMTYPE 'device_features: source 0x80000000000000' 'device_features bitmask superset 0x8000000000000000'
	judged EMEDIUMTYPE 'software_version: source 2.2.0, target 2.1.0' 'software_version version version 2.2.0'
	for version in 1.0.1 1.0.5 1.1.0 3.1.4294967295 0.0.0; do
		judged EMEDIUMTYPE 'software_version' "software_version version version $version"
	done
	judged EMEDIUMTYPE 'nothing: source 1, target missing' 'nothing u64 equal 1'
	judged EMEDIUMTYPE 'mtu.*\(at-most\)' 'mtu bitmask at-most 1400'
	judged EMEDIUMTYPE 'mtu' 'mtu string equal 1400'
	judged EMEDIUMTYPE 'mtu.*\(resembles\)' 'mtu u64 resembles 1400'
	judged EMEDIUMTYPE 'mtu.*\(superset\)' 'mtu u64 superset 1400'
	judged EMEDIUMTYPE 'mtu' 'mtu frob equal -'
}

@test "what is set at creation is judged by whether a management device takes it" {
	load_parent parents=net
	check() { printf 'class 1\n%s\n' "$1" | "$M" check mgmtdev "${2-vdpasim_net}"; }

	check 'mtu u64 equal! 9216'
	check 'mac string equal! 02:00:00:00:00:77'
	check 'device_features bitmask superset! 0x300000000'

	refused EMEDIUMTYPE 'mtu: source 9217, target 0x44-0x2400' check mgmtdev vdpasim_net <<<$'class 1\nmtu u64 equal! 9217'
	refused EMEDIUMTYPE 'mtu' check mgmtdev vdpasim_net <<<$'class 1\nmtu u64 equal 1400'
	refused EMEDIUMTYPE 'mac: source 7, target any' check mgmtdev vdpasim_net <<<$'class 1\nmac u64 equal! 7'
	refused EMEDIUMTYPE 'mac' check mgmtdev vdpasim_net <<<$'class 1\nmac string resembles! x'
	refused EMEDIUMTYPE 'device_features' check mgmtdev vdpasim_net <<<$'class 1\ndevice_features bitmask superset! 0x4'
}

@test "a malformed description is refused for what is wrong with it" {
	add_net n0
	echo class 1 >source

	judged EINVAL 'malformed attribute mtu: it is there twice' 'mtu u64 equal 1400' 'mtu u64 equal 1400'
	judged EINVAL 'a name, type or rule is missing' 'mtu ~ equal 1400'
	judged EINVAL 'a name, type or rule is missing' 'mtu u64 ~ 1400'
	judged EINVAL 'a name, type or rule is missing' '~ u64 equal 1400'
	judged EINVAL 'its name is not valid' 'm/u u64 equal 1400'
	judged EINVAL 'it has no value' 'mtu u64 equal -'
	judged EINVAL 'its range ends before it begins' 'vq_size range contains 2..1'
	for version in 1.0 1.0.0.0 1.0.x 4294967296.0.0 -1.0.0 '1..0' '1.0.0 accepts x' '1.0.0 accepts 1.0.0,' '1.0.0 accepts 2.0.0-1.0.0'; do
		judged EINVAL 'malformed attribute v: ' "v version version $version"
	done
	# Of a long name only the beginning is told: the reason has to have room.
	judged EINVAL ': its version is not like 1\.2\.3$' "$(printf 'v%.0s' {1..63}) version version 1.0"
	judged EMEDIUMTYPE ': source 0x7fffffffffffffff, target missing \(superset\)$' "$(printf 'v%.0s' {1..63}) bitmask superset 0x7fffffffffffffff"
	judged EINVAL '' "$(printf 'a%.0s' {1..64}) u64 equal 1"
	judged EINVAL 'the description is too long' "$(printf 'x%d u64 info 1\n' {1..257})"
	judged EINVAL 'too many members' "s set info $(printf '%d,' {1..257})"
	refused EINVAL 'names no class' check dev n0 <<<'mtu u64 equal 1400'
}

@test "a parent has the last word" {
	add_net n0
	"$M" show dev n0 >source
	echo 5 >"$PARENT_KNOBS/check_errno"

	refused EMEDIUMTYPE 'a test refuses migration here' check dev n0 <source
	refused EMEDIUMTYPE 'a test refuses migration here' check mgmtdev vdpasim_net <source
}

@test "only the state of a suspended device is saved" {
	load_parent parents=net
	add_net n0
	vdpa dev add name u0 mgmtdev vdpatest_net

	refused EBUSY 'device n0 is not suspended' save n0 state
	refused EOPNOTSUPP 'u0 cannot be suspended: its parent does not know how' save u0 state
	refused ENODEV 'no device named n9' save n9 state
	hold_with n0 15
	refused EBUSY 'device n0 is not suspended' save n0 state

	vdpa dev suspend n0
	echo 5 >"$PARENT_KNOBS/save_errno"
	refused EIO 'n0: its parent cannot save its state: -EIO' save n0 state
	echo 0 >"$PARENT_KNOBS/save_errno"
	echo 500 >"$PARENT_KNOBS/save_delay_ms"
	"$M" save n0 state
	echo 3000 >"$PARENT_KNOBS/save_delay_ms"
	start "$M" save n0 late
	wait_until 10 in_parent
	vdpa dev resume n0
	wait "$PID" || :
	said_by "$OUT" EAGAIN 'was resumed or reset while its state was read'
}

@test "a loaded state is the saved one, whatever pieces it comes in" {
	suspended_pair net
	vdpa dev vq set s qidx 0 avail_index 7
	vdpa dev vq set s qidx 4 avail_index 65535
	"$M" save s state

	"$M" load t state --apart --piece 7

	[ "$(avail_index t 0) $(avail_index t 4)" = '7 65535' ]
	vdpa dev vq set t qidx 0 avail_index 0
	"$M" load t state
	[ "$(avail_index t 0)" = 7 ]
}

@test "who waits for a state that its parent is slow to save holds up no other family, and gets it" {
	suspended_pair net
	calibrate
	echo 60000 >"$PARENT_KNOBS/save_delay_ms"

	start "$M" save s state
	saving=$PID
	in_time modprobe team
	other_families_answer
	in_time rmmod team
	in_time "$VDPA_TOOL" dev show
	alive "$saving"

	echo 0 >"$PARENT_KNOBS/save_delay_ms"
	wait "$saving"
	"$M" load t state
}

@test "descriptions and states are taken with the padding that some machines have before numbers" {
	suspended_pair net
	vdpa dev vq set s qidx 0 avail_index 7
	"$M" save s state
	"$M" show dev s >source

	"$M" --pads check dev t <source
	"$M" --pads load t state
	[ "$(avail_index t 0)" = 7 ]
}

@test "a queue at work whose parent does not tell where it is cannot be saved" {
	vdpa dev add name s mgmtdev vdpasim_blk
	drive s blk count 200 hold 1
	vdpa dev suspend s

	echo 5 >"$KNOBS/vdpasim_blk/devices/s/get_vq_state_errno"
	refused EIO 'device s: its parent does not tell the state of queue 0' save s state
	[ "$(avail_index s 0)" = null ]
	echo 0 >"$KNOBS/vdpasim_blk/devices/s/get_vq_state_errno"
	[ "$(avail_index s 0)" -gt 0 ]
	"$M" save s state
}

@test "what is on a private disk travels with it" {
	vdpa dev add name s mgmtdev vdpasim_blk
	vdpa dev add name t mgmtdev vdpasim_blk
	drive s blk count 200 hold 1
	hold_with t 15
	vdpa dev suspend s t
	"$M" save s state
	[ "$(stat -c %s state)" -gt 65536 ]

	"$M" save t other
	run ! cmp -s state other
	"$M" load t state --piece 30000 --features "$("$M" show dev t | sed -n 's/^device_features .* //p')"

	# from the first page on all is the same; what the drivers have negotiated is not
	"$M" save t other
	[ "$(tail -c 65536 other | sha256sum)" = "$(tail -c 65536 state | sha256sum)" ]
}

# load_refused ERRNO PATTERN OPTION… - loading into t is refused, and no virtqueue of it has changed
load_refused() {
	refused "$1" "$2" load t state "${@:3}"
	[ "$(vdpa dev vq show t)" = "$BEFORE" ]
}

@test "a state that is refused changes nothing" {
	suspended_pair net
	vdpa dev vq set s qidx 0 avail_index 7
	"$M" save s state
	head -c 4096 /dev/urandom >noise
	: >nothing
	BEFORE=$(vdpa dev vq show t)

	load_refused EINVAL 'must begin with a description' --without description
	load_refused EINVAL 'features must come before' --without features
	load_refused EINVAL 'negotiated features' --features 1
	load_refused EINVAL 'features 0x1, but 0x[0-9a-f]+ in an earlier piece' --features-end 1
	load_refused EINVAL 'a piece of private state has no offset' --without offset
	load_refused EINVAL 'the next piece of private state is at 100, not 101' --piece 100 --gap 1
	load_refused EINVAL 'virtqueue 0 comes twice' --twice
	load_refused EINVAL 'its parent refuses the private state: -EINVAL' --private noise
	load_refused ENODATA 'its parent refuses the private state: -ENODATA' --private nothing
	echo 28 >"$PARENT_KNOBS/load_errno"
	load_refused ENOSPC 'its parent refuses the private state: -ENOSPC'
	echo 0 >"$PARENT_KNOBS/load_errno"
	echo 5 >"$PARENT_KNOBS/get_vq_state_errno"
	refused EIO 'device t: its parent refuses queue 0: -EIO' load t state
	echo 0 >"$PARENT_KNOBS/get_vq_state_errno"
	# the second one is refused: the first is set back
	echo 2 >"$PARENT_KNOBS/devices/t/set_vq_state_nth"
	echo 28 >"$PARENT_KNOBS/devices/t/set_vq_state_errno"
	load_refused ENOSPC 'device t: its parent refuses queue 1: -ENOSPC'
	assert_equal "$(<"$PARENT_KNOBS/devices/t/set_vq_state_errno")" 0
	echo 0.9.0 >"$PARENT_KNOBS/version"
	load_refused EMEDIUMTYPE 'software_version: source 1.0.0, target 0.9.0'
	echo 1.0.0 >"$PARENT_KNOBS/version"
	refused EMEDIUMTYPE 'mac' load t <(sed 's/02:00:00:00:00:01/02:00:00:00:00:02/' state)
	"$M" load t state --without end
	[ "$(vdpa dev vq show t)" = "$BEFORE" ]

	add_net r
	hold_with r 15
	refused EBUSY 'device r is active: suspend it first' load r state
}

@test "a state is not loaded into a device that has no room for it, that goes, or that is reset meanwhile" {
	suspended_pair net
	"$M" save s state
	BEFORE=$(vdpa dev vq show t)

	truncate -s 65M large
	load_refused EFBIG 'private state has at most 67108864 bytes' --private large --piece 65000
	vdpa dev add name u mgmtdev vdpasim_net mac 02:00:00:00:00:01 max_vqp 1 mtu 1400
	hold_with u 11
	"$M" show dev u >described
	refused EINVAL 'device u has the virtqueues 0 to 2, not 3' load u state --description described \
		--features "$(sed -n 's/^device_features .* //p' described)"

	echo 3000 >"$PARENT_KNOBS/load_delay_ms"
	start "$M" load t state
	wait_until 10 in_parent
	kill "${STARTED[1]}"
	wait_until 10 ended "$PID"
	echo 0 >"$PARENT_KNOBS/load_delay_ms"
	said_by "$OUT" ECANCELED 'device t was reset while it was loaded'

	hold_with t 11
	start vdpa dev del t
	wait_until 10 has_state t removing
	refused EBUSY 'device t is being deleted' load t state
}

@test "a queue at work is not loaded with what another size has saved" {
	vdpa dev add name b0 mgmtdev vdpasim_blk
	drive b0 blk endless 1
	vdpa dev suspend b0
	"$M" save b0 state
	"$M" load b0 state

	refused EINVAL 'device b0: queue 0 has [0-9]+ descriptors, not 8 as saved' load b0 state --vq-size 8

	vdpa dev resume b0
	finish b0
}

@test "a parent that can take neither a queue's state nor a private one is named" {
	suspended_pair net
	"$M" save s state
	load_parent parents=net,bare
	vdpa dev add name p0 mgmtdev vdpatest_net
	vdpa dev add name r0 mgmtdev vdpatest_bare
	"$M" show dev p0 >p0
	"$M" show dev r0 >r0

	refused EOPNOTSUPP 'device p0: its parent takes no private state' load p0 state --description p0
	refused EOPNOTSUPP 'device r0: its parent takes no queue state' load r0 state --description r0
}

@test "a parent that honours deadlines says beforehand what it needs, and is not judged by what it took" {
	unload_all
	load_core ours
	modprobe vhost_iotlb
	insmod "$VDPA_KO/sim/vdpa_sim.ko" honour_deadline=1
	insmod "$VDPA_KO/sim/vdpa_sim_net.ko"
	load_bus_drivers vhost_vdpa
	add_net n0
	hold_with n0 15
	echo 400 >"$PARENT_KNOBS/suspend_delay_ms"

	command_refuses 2 'n0 would take 400 ms' dev suspend n0 deadline 100

	[ "$(field dev-get n0 DEV_SUSPEND_ESTIMATE)" = 400000000 ]
	vdpa dev suspend n0 deadline 10000
	vdpa dev resume n0
	echo 0 >"$PARENT_KNOBS/suspend_delay_ms"
	vdpa dev suspend n0 deadline 100
	has_state n0 suspended
}

@test "the same parents load on the distribution's core, which knows nothing of this" {
	unload_all

	load_sim distro net blk
	"$IPROUTE_VDPA" dev add name n0 mgmtdev vdpasim_net

	added n0
	run --separate-stderr "$M" show dev n0
	[ "$(line errno)" = EOPNOTSUPP ]
	"$IPROUTE_VDPA" dev del n0
}
