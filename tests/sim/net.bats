#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The simulated NIC and its switch, under the kernel's driver and under those of user space.
# time limit: 2400

load ../lib/common
load ../lib/sim

# serve FILE PORT - receives a file in the namespace of n1, by the process $SERVER
serve() {
	in_ns 1 socat -u "TCP-LISTEN:$2" "OPEN:$1,creat,trunc" 3>&- &
	SERVER=$!
	wait_until 20 listening "$2"
}
listening() { in_ns 1 ss -Htln "sport = :$1" | grep -q .; }

# transfer FLOWS - sends data over that many connections at once from n0 to n1, and compares every byte
transfer() {
	local flow pid dir=$BATS_TEST_TMPDIR pids=()

	numbered $((MIB * 1048576 / $1)) >"$dir/data"
	for ((flow = 0; flow < $1; flow++)); do
		serve "$dir/got$flow" $((5000 + flow))
		pids+=("$SERVER")
	done
	for ((flow = 0; flow < $1; flow++)); do
		in_ns 0 socat -u "OPEN:$dir/data" "TCP:10.0.0.2:$((5000 + flow))" 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	for ((flow = 0; flow < $1; flow++)); do
		cmp "$dir/data" "$dir/got$flow"
	done
}

# counts_agree N PAIRS - what the interface of nN has counted is what the device has
counts_agree() {
	local i rx=() tx=() counted vstats

	for ((i = 0; i < $2; i++)); do
		rx+=($((2 * i)))
		tx+=($((2 * i + 1)))
	done
	counted=$(netdev_stat "$1" {rx,tx}_{packets,bytes}) || return
	vstats=$(vdpa dev vstats show "n$1") || return
	[ "$counted" = "$(counter_sum "$vstats" 'rx packets' "${rx[@]}"; counter_sum "$vstats" 'rx bytes' "${rx[@]}"
		counter_sum "$vstats" 'tx packets' "${tx[@]}"; counter_sum "$vstats" 'tx bytes' "${tx[@]}")" ]
}

# carries CORE PAIRS MTU FLOWS
carries() {
	load_sim "$1" net
	load_bus_drivers virtio_vdpa
	pair_up "$2" "$3"

	in_ns 0 ping -c 3 -i 0.2 -W 5 10.0.0.2
	in_ns 0 ping -c 3 -i 0.2 -W 5 -M 'do' -s $(($3 - 28)) 10.0.0.2
	transfer "$4"

	wait_until 10 counts_agree 0 "$2"
	wait_until 10 counts_agree 1 "$2"
}

@test "two devices carry ping and a TCP transfer intact over one queue pair at MTU 1500, and count each packet" {
	carries ours 1 1500 1
}

@test "two devices carry ping and a TCP transfer intact over one queue pair at MTU 9000, and count each packet" {
	carries ours 1 9000 1
}

@test "two devices carry ping and TCP transfers intact over four queue pairs at MTU 1500, and count each packet" {
	carries ours 4 1500 8
	used=0
	vstats=$(vdpa dev vstats show n0)
	for qidx in 1 3 5 7; do
		[ "$(counter_sum "$vstats" 'tx packets' "$qidx")" = 0 ] || used=$((used + 1))
	done
	((used > 1))
}

@test "two devices carry ping and TCP transfers intact over four queue pairs at MTU 9000, and count each packet" {
	carries ours 4 9000 8
}

@test "on the distribution's core two devices carry ping and a TCP transfer intact" {
	carries distro 2 1500 2
}

@test "one device alone gets the frames that name it, in order and to the last one" {
	for va in 1 0; do
		load_sim ours net use_va=$va
		load_bus_drivers vhost_vdpa
		vdpa dev add name n0 mgmtdev "$NET"

		start "$VMM" "$(vhost_of n0)" net count 2000 size 1514 hold 1
		wait_until 60 said "$OUT" holding

		assert_equal "$(grep -v '^[rh]' "$OUT")" $'sent 2000\nwrong 0'
		assert_equal "$(grep '^received' "$OUT")" 'received 2000'
		assert_equal "$(vstat n0 1 'tx packets') $(vstat n0 1 'tx bytes')" "2000 $((2000 * 1514))"
		assert_equal "$(vstat n0 0 'rx packets') $(vstat n0 0 'rx bytes')" "2000 $((2000 * 1514))"
		assert_equal "$(vstat n0 1 received_desc) $(vstat n0 1 completed_desc)" '2000 2000'
		assert_equal "$(vstat n0 0 'rx errors') $(vstat n0 0 'rx overruns') $(vstat n0 1 'tx drops')" '0 0 0'
		end_started
		unload_all
	done
}

@test "a frame goes to the device it names and to no other" {
	load_sim ours net
	load_bus_drivers vhost_vdpa
	for i in 0 1 2; do
		vdpa dev add name "n$i" mgmtdev "$NET" mac "02:00:00:00:00:0$i"
	done
	start "$VMM" "$(vhost_of n1)" net send 0 count 100 hold 1
	receiver=$OUT
	wait_until 20 said "$receiver" ready
	start "$VMM" "$(vhost_of n2)" net send 0 count 1
	wait_until 20 said "$OUT" ready

	start "$VMM" "$(vhost_of n0)" net receive 0 count 100 depth 16 to 0x020000000001 hold 1
	wait_until 60 said "$OUT" holding
	wait_until 60 said "$receiver" holding

	said "$receiver" 'received 100'
	said "$receiver" 'wrong 0'
	assert_equal "$(vstat n2 0 'rx packets')" 0
	assert_equal "$(vstat n0 1 'tx drops')" 0
}

@test "a frame that names nobody is dropped and counted, a broadcast reaches all others" {
	load_sim ours net
	load_bus_drivers vhost_vdpa
	for i in 0 1 2; do
		vdpa dev add name "n$i" mgmtdev "$NET" mac "02:00:00:00:00:0$i"
	done
	for i in 1 2; do
		start "$VMM" "$(vhost_of n$i)" net send 0 count 10 hold 1
		wait_until 20 said "$OUT" ready
	done

	start "$VMM" "$(vhost_of n0)" net receive 0 count 10 to 0x0200000000ee hold 1
	wait_until 60 said "$OUT" holding
	assert_equal "$(vstat n0 1 'tx packets') $(vstat n0 1 'tx drops')" '10 10'
	assert_equal "$(vstat n1 0 'rx packets') $(vstat n2 0 'rx packets')" '0 0'
	kill "$PID"
	wait_until 20 ended "$PID"

	start "$VMM" "$(vhost_of n0)" net receive 0 count 10 to 0xffffffffffff hold 1
	wait_until 60 said "$OUT" holding
	wait_until 20 vstat_is n1 0 'rx packets' 10
	wait_until 20 vstat_is n2 0 'rx packets' 10
	assert_equal "$(vstat n0 0 'rx packets')" 0
}

@test "frames for a driver that gives no buffers are counted as overruns and hold nobody up" {
	load_sim ours net
	load_bus_drivers vhost_vdpa
	vdpa dev add name n0 mgmtdev "$NET" mac 02:00:00:00:00:00
	vdpa dev add name n1 mgmtdev "$NET" mac 02:00:00:00:00:01
	start "$VMM" "$(vhost_of n1)" net send 0 receive 1 count 1000000
	wait_until 20 said "$OUT" ready
	knob "$NET/devices/n1" stall 1

	start "$VMM" "$(vhost_of n0)" net receive 0 count 3000 to 0x020000000001 hold 1
	wait_until 60 said "$OUT" holding

	assert_equal "$(vstat n0 1 'tx packets')" 3000
	assert_equal "$(vstat n1 0 'rx packets')" 0
	overruns=$(vstat n1 0 'rx overruns')
	((overruns > 0 && overruns < 3000))

	knob "$NET/devices/n1" stall 0
	wait_until 20 vstat_is n1 0 'rx packets' $((3000 - overruns))
}

@test "a frame that is longer than a device's MTU allows is an error of that device" {
	load_sim ours net
	load_bus_drivers vhost_vdpa
	vdpa dev add name n0 mgmtdev "$NET" mac 02:00:00:00:00:00 mtu 9000
	vdpa dev add name n1 mgmtdev "$NET" mac 02:00:00:00:00:01 mtu 1500
	start "$VMM" "$(vhost_of n1)" net send 0 count 10
	wait_until 20 said "$OUT" ready

	start "$VMM" "$(vhost_of n0)" net receive 0 count 10 size 9014 to 0x020000000001 hold 1
	wait_until 60 said "$OUT" holding
	wait_until 20 vstat_is n1 0 'rx errors' 10
	assert_equal "$(vstat n0 1 'tx packets') $(vstat n0 1 'tx errors')" '10 0'
	assert_equal "$(vstat n1 0 'rx packets')" 0
}

@test "the control queue is obeyed: address, queue pairs, promiscuity" {
	load_sim ours net
	load_bus_drivers virtio_vdpa
	pair_up 2 1500
	in_ns 0 ping -c 1 -W 5 10.0.0.2

	ip -n ns1 link set eth0 down
	ip -n ns1 link set eth0 address 02:00:00:00:00:77
	ip -n ns1 link set eth0 up
	vdpa dev config show n1 | grep -q 'mac 02:00:00:00:00:77'
	ip -n ns0 neigh flush dev eth0
	in_ns 0 ping -c 1 -W 5 10.0.0.2
	# From here on frames are counted: none that only asks whether a known neighbour is still there.
	ip -n ns0 neigh replace 10.0.0.2 lladdr 02:00:00:00:00:77 nud permanent dev eth0
	ip -n ns1 neigh replace 10.0.0.1 lladdr 02:00:00:00:00:01 nud permanent dev eth0

	in_ns 1 ethtool -L eth0 combined 1
	before=$(vstat n1 2 'rx packets')
	for i in 1 2 3 4; do
		in_ns 0 ping -c 1 -W 5 10.0.0.2
	done
	assert_equal "$(vstat n1 2 'rx packets')" "$before"
	assert_equal "$(vstat n1 4 'cvq errors')" 0

	ip -n ns0 neigh replace 10.0.0.9 lladdr 02:00:00:00:00:99 dev eth0
	before=$(vstat_sum n1 'rx packets' 0 2)
	run in_ns 0 ping -c 2 -i 0.2 -W 1 10.0.0.9
	assert_equal "$(vstat_sum n1 'rx packets' 0 2)" "$before"
	ip -n ns1 link set eth0 promisc on
	run in_ns 0 ping -c 2 -i 0.2 -W 1 10.0.0.9
	assert_equal "$(vstat_sum n1 'rx packets' 0 2)" $((before + 2))
}

@test "a multicast group reaches those who have joined it" {
	load_sim ours net
	load_bus_drivers virtio_vdpa
	pair_up 1 1500
	before=$(vstat n1 0 'rx packets')

	run in_ns 0 ping -c 2 -i 0.2 -W 1 -I eth0 239.1.2.3
	assert_equal "$(vstat n1 0 'rx packets')" "$before"

	ip -n ns1 maddr add 01:00:5e:01:02:03 dev eth0
	run in_ns 0 ping -c 2 -i 0.2 -W 1 -I eth0 239.1.2.3
	assert_equal "$(vstat n1 0 'rx packets')" $((before + 2))
}

@test "a tagged frame reaches the device only where its VLAN was asked for" {
	load_sim ours net
	load_bus_drivers virtio_vdpa
	pair_up 1 1500
	modprobe 8021q || skip "this kernel has no VLANs"
	ip -n ns0 link add link eth0 name eth0.7 type vlan id 7
	ip -n ns0 addr add 10.0.7.1/24 dev eth0.7
	ip -n ns0 link set eth0.7 up
	ip -n ns0 neigh replace 10.0.7.2 lladdr 02:00:00:00:00:02 dev eth0.7
	before=$(vstat n1 0 'rx packets')

	run in_ns 0 ping -c 2 -i 0.2 -W 1 10.0.7.2
	assert_equal "$(vstat n1 0 'rx packets')" "$before"

	ip -n ns1 link add link eth0 name eth0.7 type vlan id 7
	ip -n ns1 addr add 10.0.7.2/24 dev eth0.7
	ip -n ns1 link set eth0.7 up
	in_ns 0 ping -c 2 -i 0.2 -W 5 10.0.7.2
}

@test "a device is what dev add asked for" {
	load_sim ours net
	vdpa dev add name n0 mgmtdev "$NET" mac 02:00:00:00:00:01 mtu 9000 max_vqp 16
	config=$(vdpa dev config show n0)
	assert_match "$config" 'mac 02:00:00:00:00:01 '
	assert_match "$config" 'max_vq_pairs 16 '
	assert_match "$config" 'mtu 9000'
	assert_match "$(vdpa dev show n0)" 'max_vqs 33 '

	vdpa dev add name n1 mgmtdev "$NET" device_features 0x300000020
	assert_match "$(vdpa dev show n1)" 'max_vqs 2 '
}

@test "QEMU can migrate what a device has by default; the rest is there to be asked for" {
	load_sim ours net
	features_of() { vdpa -j dev config show "$1" | jq -r ".config.$1.dev_features[]"; }
	mapfile -t offered < <(vdpa -j mgmtdev show "$NET" | jq -r ".mgmtdev.$NET.dev_features[]")
	vdpa dev add name n0 mgmtdev "$NET" max_vqp 2
	vdpa dev add name n1 mgmtdev "$NET" max_vqp 2 device_features all
	vdpa dev add name n2 mgmtdev "$NET" max_vqp 2 device_features -RING_INDIRECT_DESC,-CTRL_RX,-CTRL_VLAN

	assert_equal "$(features_of n1)" "$(printf '%s\n' "${offered[@]}")"
	assert_equal "$(comm -23 <(features_of n1 | sort) <(features_of n0 | sort))" $'RING_INDIRECT_DESC\nSUSPEND'
	assert_equal "$(features_of n2 | grep -c -e INDIRECT -e CTRL_RX -e CTRL_VLAN)" 0
}

@test "rings of 1024 descriptors work, once around and on" {
	load_sim ours net
	load_bus_drivers virtio_vdpa
	pair_up 1 1500
	assert_match "$(vdpa dev vq show n0 qidx 1)" 'size 1024 '

	in_ns 0 ping -q -f -c 2500 -s 1400 -w 120 10.0.0.2
	[[ $(vdpa dev vq show n0 qidx 1) =~ avail_index\ ([0-9]+) ]]
	((BASH_REMATCH[1] > 2048))
}

@test "a device without a given address has a local one of its own, which stays" {
	load_sim ours net
	load_bus_drivers virtio_vdpa
	vdpa dev add name n0 mgmtdev "$NET"
	vdpa dev add name n1 mgmtdev "$NET"
	mac_of() { vdpa dev config show "$1" | sed -n 's/.*mac \([0-9a-f:]*\).*/\1/p'; }
	mac=$(mac_of n0)

	[[ $mac =~ ^.[26ae]: ]]
	[ "$mac" != "$(mac_of n1)" ]
	wait_until 20 netdev_of n0
	assert_equal "$(cat "/sys/class/net/$(netdev_of n0)/address")" "$mac"
	ip link set "$(netdev_of n0)" address 02:00:00:00:00:55
	assert_equal "$(mac_of n0)" 02:00:00:00:00:55
	echo n0 >/sys/bus/vdpa/drivers/virtio_vdpa/unbind
	assert_equal "$(mac_of n0)" "$mac"
}

@test "what a device cannot be is refused with a line in the log, and nothing is added" {
	# The distribution's core leaves it to the parent to judge.
	load_sim distro net
	while read -r reason attribute; do
		run "$VDPA_CLIENTS/nl_raw" dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET" "$attribute"
		assert_equal "$status" 2
		gone n0
		assert_match "$(kernel_log)" "refuses a device: ${reason//_/.}"
	done <<-END
		that_is_no_unicast_MAC_address DEV_NET_CFG_MACADDR:hex:010000000001
		that_is_no_unicast_MAC_address DEV_NET_CFG_MACADDR:hex:000000000000
		its_MTU_is_68_to_9216_bytes DEV_NET_CFG_MTU:u16:9217
		it_does_not_have_so_many_queue_pairs DEV_NET_CFG_MAX_VQP:u16:17
		some_of_the_features_need_CTRL_VQ DEV_FEATURES:u64:0x300400020
		it_does_not_have_all_of_these_features DEV_FEATURES:u64:0x300000001
		it_needs_VERSION_1_and_ACCESS_PLATFORM DEV_FEATURES:u64:0x20
	END
}

@test "management changes the address: the driver is told, and frames find the device under it" {
	load_sim ours net
	load_bus_drivers vhost_vdpa
	vdpa dev add name n0 mgmtdev "$NET" mac 02:00:00:00:00:01

	vdpa dev set name n0 mac 02:00:00:00:00:02
	assert_match "$(vdpa dev config show n0)" 'mac 02:00:00:00:00:02'
	run "$VMM" "$(vhost_of n0)" net count 10
	assert_equal "$status" 0
	run -1 vdpa dev set name n0 mac 01:00:00:00:00:02
	assert_match "$(vdpa dev config show n0)" 'mac 02:00:00:00:00:02'
}

@test "the parents say why they do not create a device, and which attribute is at fault" {
	load_sim ours net blk
	load_bus_drivers virtio_vdpa

	# why ERRNO PATTERN ATTRIBUTE… - of the network parent
	why() {
		run "$VDPA_CLIENTS/nl_raw" dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET" "${@:3}"
		assert_equal "$status" 2
		assert_match "$output" "(^|"$'\n'")errno=EINVAL($|"$'\n'")"
		assert_match "$output" "message=$2"
		assert_match "$output" "attribute=$1"
		gone n0
	}
	why DEV_FEATURES 'vdpasim_net refuses it: it needs VERSION_1 and ACCESS_PLATFORM' DEV_FEATURES:u64:0x100000020
	why DEV_FEATURES 'a device needs the feature VERSION_1' DEV_FEATURES:u64:0x20
	why DEV_FEATURES 'the feature MQ needs CTRL_VQ' DEV_FEATURES:u64:0x300400020
	why DEV_NET_CFG_MTU 'vdpasim_net refuses it: its MTU is 68 to 9216 bytes' DEV_NET_CFG_MTU:u16:9217
	run -2 --separate-stderr vdpa dev add name b0 mgmtdev "$BLK" device_features 0x100000200
	assert_equal "$stderr" \
		'vdpa: b0: vdpasim_blk refuses it: it needs VERSION_1 and ACCESS_PLATFORM (VDPA_ATTR_DEV_FEATURES)'
	# What was said then is no reason for what comes later.
	echo 28 >"$KNOBS/$NET/add_errno"
	run -2 --separate-stderr vdpa dev add name n0 mgmtdev "$NET"
	assert_match "$stderr" 'management device vdpasim_net refused to create it'
}
