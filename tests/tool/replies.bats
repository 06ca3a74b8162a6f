#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the command makes of a kernel's replies when that kernel is newer, older or hostile. test_replies.c builds the bytes
# and hands them to the command's own functions; it is built with the address and undefined behaviour sanitizers, so
# that a read past the end of a message fails whatever test it happens in.

load ../lib/common

setup_file() { make -s -C "$VDPA_TOP" build/checked/test_replies; }

replies() { printed "$VDPA_TOP/build/checked/test_replies" "$@"; }

# A message about a block device, less its name; a complete one; the end of a dump.
REST=(MGMTDEV_DEV_NAME:str:vduse DEV_ID:u32:2)
DEVICE=(msg DEV_NAME:str:v0 "${REST[@]}")
END=done:0

# malformed PATTERN ARGUMENT… - the reply is refused as malformed, with a message that matches PATTERN.
malformed() {
	local pattern=$1
	shift

	run -2 --separate-stderr replies -j "$@"
	jq -e '.error.errno == "EBADMSG"' <<<"$stderr" >/dev/null || fail "$stderr"
	[[ $(jq -r .error.message <<<"$stderr") =~ $pattern ]] || fail "the message does not say \"$pattern\"" "$stderr"
}

# Names and strings

@test "a name without terminator at the very end of a message is taken by its length" {
	run -0 replies dev msg "${REST[@]}" DEV_NAME:raw:v0123456 $END
	assert_equal "$output" 'v0123456: type block mgmtdev vduse'
}

@test "JSON of devices is as jq writes it, whatever is in their names and numbers" {
	local devices=(
		msg DEV_NAME:hex:22c3a95c2f095f0a01 MGMTDEV_BUS_NAME:hex:705c6369 MGMTDEV_DEV_NAME:str:a/b DEV_ID:u32:2
		DEV_MAX_VQS:u32:4294967295 DEV_STATE:u8:1 DEV_DRIVER:hex:22 DEV_STATUS:u8:63 DEV_CAPS:u32:15
		DEV_TRANSITIONS:u64:9007199254740992 DEV_SUSPEND_LAST:u64:1999
		msg DEV_NAME:str:v1 "${REST[@]}" DEV_STATE:u8:99 DEV_STATUS:u8:0 DEV_CAPS:u32:0
		msg DEV_NAME:str:v2 "${REST[@]}"
	)

	run -0 replies -j dev "${devices[@]}" $END
	assert_equal "$output" "$(jq -c . <<<"$output")"
	assert_equal "$(jq -r '.dev | keys_unsorted[0]' <<<"$output")" $'"é\\/\t_\n\x01'
	assert_equal "$(jq -c '.dev[] | [.driver, .transitions, .suspend_last_us, .status, .capabilities]' <<<"$output" | head -n 2)" \
		'["\"",9007199254740992,1,["acknowledge","driver","features_ok","driver_ok","suspend","0x20"],["suspend","resume","vq_state","vstats"]]
[null,null,null,[],[]]'
	assert_equal "$(replies -jp dev "${devices[@]}" $END)" "$(jq --indent 4 . <<<"$output")"
	assert_equal "$(replies -jp dev $END)" "$(replies -j dev $END | jq --indent 4 .)"
}

@test "a name ends at its terminator, whatever follows" {
	run -0 replies dev msg "${REST[@]}" DEV_NAME:hex:76300041424344 $END
	assert_equal "$output" 'v0: type block mgmtdev vduse'
}

@test "a device whose parent does not answer says so, whatever the mark's length" {
	run -0 replies -j config "${DEVICE[@]}" DEV_UNANSWERED:raw: $END
	jq -e '.config.v0 == {"unanswered": true}' <<<"$output"
	run -0 replies -j config "${DEVICE[@]}" DEV_UNANSWERED:u32:0 $END
	jq -e '.config.v0 == {"unanswered": true}' <<<"$output"
	run -0 replies config "${DEVICE[@]}" DEV_UNANSWERED:raw: $END
	assert_equal "$output" 'v0: unanswered true'
}

@test "control characters in a name do not reach the terminal" {
	run -0 replies dev msg DEV_NAME:hex:761b5b324a0a7f "${REST[@]}" $END
	assert_equal "$output" 'v\x1b[2J\x0a\x7f: type block mgmtdev vduse'
	run -0 replies dev msg DEV_NAME:hex:76c29b324a "${REST[@]}" $END
	assert_equal "$output" 'v\xc2\x9b2J: type block mgmtdev vduse'
	run -0 replies vstats msg DEV_NAME:str:v0 DEV_ID:u32:1 DEV_QUEUE_INDEX:u32:0 \
		DEV_VENDOR_ATTR_NAME:hex:1b5b324a DEV_VENDOR_ATTR_VALUE:u64:1 $END
	assert_equal "$output" 'v0: queue_type rx \x1b[2J 1'
}

@test "a name that is not UTF-8 is shown, and JSON stays JSON" {
	for bytes in ff 76ff c3 e282 c0af eda080 f4908080 f880808080; do
		run -0 replies dev msg "DEV_NAME:hex:$bytes" "${REST[@]}" $END
		assert_match "$output" '^v?(\\x[0-9a-f]{2})+: type block'
		run -0 replies -j dev msg "DEV_NAME:hex:$bytes" "${REST[@]}" $END
		jq -e --arg name "$(sed 's/../\\x&/g; s/\\x76/v/' <<<"$bytes")" '.dev[$name].type == "block"' <<<"$output"
	done
}

@test "names of different bytes never print the same" {
	for json in '' -j; do
		printed=()
		for bytes in ff 5c786666 5c783563786666 5c5cff 5c78ff 5c78 5c; do
			run -0 replies $json dev msg "DEV_NAME:hex:$bytes" "${REST[@]}" $END
			printed+=("$output")
		done
		[ "$(printf '%s\n' "${printed[@]}" | sort -u | wc -l)" = 7 ]
	done
	run -0 replies dev msg 'DEV_NAME:str:a\xff\b' "${REST[@]}" $END
	assert_equal "$output" 'a\x5cxff\b: type block mgmtdev vduse'
}

@test "names in other scripts are shown as they are" {
	run -0 replies dev msg DEV_NAME:str:größe-設備-🖧 "${REST[@]}" $END
	assert_equal "$output" 'größe-設備-🖧: type block mgmtdev vduse'
	run -0 replies -j dev msg DEV_NAME:str:größe-設備-🖧 "${REST[@]}" $END
	jq -e '.dev["größe-設備-🖧"].type == "block"' <<<"$output"
}

@test "a JSON key is quoted, whatever the name" {
	run -0 replies -j dev msg 'DEV_NAME:str:a"b\c' "${REST[@]}" $END
	jq -e '.dev["a\"b\\c"].type == "block"' <<<"$output"
}

@test "an empty name and one of 10000 bytes are shown" {
	run -0 replies -j dev msg DEV_NAME:str: "${REST[@]}" $END
	jq -e '.dev[""].type == "block"' <<<"$output"
	run -0 replies -j dev msg "DEV_NAME:str:$(printf 'n%.0s' {1..10000})" "${REST[@]}" $END
	jq -e '.dev | keys[0] | length == 10000' <<<"$output"
}

# Attributes

@test "an attribute that is missing is named" {
	malformed 'VDPA_ATTR_DEV_NAME is missing' dev msg "${REST[@]}"  $END
	malformed 'VDPA_ATTR_DEV_ID is missing' dev msg DEV_NAME:str:v0 MGMTDEV_DEV_NAME:str:vduse $END
	malformed 'VDPA_ATTR_MGMTDEV_DEV_NAME is missing' mgmtdev msg MGMTDEV_BUS_NAME:str:pci $END
	malformed 'VDPA_ATTR_DEV_ID is missing' config msg DEV_NAME:str:v0 $END
	malformed 'VDPA_ATTR_DEV_QUEUE_INDEX is missing' vstats msg DEV_NAME:str:v0 DEV_ID:u32:1 $END
}

@test "an attribute of a length that its type cannot have is named" {
	for bytes in '' 020000 0200000000 020000000000000000; do
		malformed 'VDPA_ATTR_DEV_ID has [0-9]+ bytes' dev msg DEV_NAME:str:v0 MGMTDEV_DEV_NAME:str:vduse "DEV_ID:hex:$bytes" $END
	done
	malformed 'VDPA_ATTR_DEV_NET_CFG_MACADDR has 5 bytes' config msg DEV_NAME:str:v0 DEV_ID:u32:1 \
		DEV_NET_CFG_MACADDR:hex:5254001234 $END
	malformed 'VDPA_ATTR_DEV_VENDOR_ATTR_VALUE has 3 bytes' vstats msg DEV_NAME:str:v0 DEV_ID:u32:1 DEV_QUEUE_INDEX:u32:0 \
		DEV_VENDOR_ATTR_NAME:str:a DEV_VENDOR_ATTR_VALUE:hex:010203 DEV_VENDOR_ATTR_VALUE:u64:1 $END
}

@test "a number that a newer kernel sends in another width is read all the same" {
	for width in 8 16 32 64; do
		run -0 replies dev msg DEV_NAME:str:v0 MGMTDEV_DEV_NAME:str:vduse "DEV_ID:u$width:2" "DEV_MAX_VQ_SIZE:u$width:128" $END
		assert_equal "$output" 'v0: type block mgmtdev vduse max_vq_size 128'
	done
}

@test "attributes that this command does not know are passed over" {
	run -0 replies dev msg 99:u32:1 DEV_NAME:str:v0 250:str:x "${REST[@]}" 255:hex: 256:u8:1 16000:str:y $END
	assert_equal "$output" 'v0: type block mgmtdev vduse'
}

@test "what a device does is told in words, also what only a newer kernel knows" {
	run -0 replies dev msg DEV_NAME:str:v0 MGMTDEV_DEV_NAME:str:vduse DEV_ID:u32:2 DEV_STATE:u8:3 DEV_STATUS:u8:15 \
		DEV_CAPS:u32:79 DEV_TRANSITIONS:u64:7 DEV_SUSPEND_LAST:u64:1500 DEV_SUSPEND_MAX:u64:2000999 $END
	assert_equal "$output" "$(cat <<-END
		v0: type block mgmtdev vduse state suspended transitions 7 suspend_last_us 1 suspend_max_us 2000
		  status acknowledge driver features_ok driver_ok
		  capabilities suspend resume vq_state vstats inflight
	END
	)"
	run -0 replies -j dev msg DEV_NAME:str:v0 MGMTDEV_DEV_NAME:str:vduse DEV_ID:u32:2 DEV_STATE:u8:77 DEV_STATUS:u8:48 \
		DEV_CAPS:u32:0x80000000 $END
	[ "$(jq -c '.dev.v0 | [.state, .status, .capabilities]' <<<"$output")" = '["state_77",["suspend","0x20"],["0x80000000"]]' ]
	malformed 'VDPA_ATTR_DEV_STATE has 3 bytes' dev msg DEV_NAME:str:v0 MGMTDEV_DEV_NAME:str:vduse DEV_ID:u32:2 \
		DEV_STATE:hex:010203 $END
}

@test "a queue is told as far as the kernel knows it" {
	queue=(msg DEV_NAME:str:v0 DEV_ID:u32:2 DEV_QUEUE_INDEX:u32:1)
	run -0 replies vq "${queue[@]}" VQ_TYPE:u8:4 VQ_READY:u8:1 VQ_SIZE:u16:256 VQ_AVAIL_INDEX:u16:65535 VQ_STABLE:u8:0 $END
	assert_equal "$output" $'v0:\n  qidx 1 queue_type request ready true size 256 avail_index 65535 stable false'
	run -0 replies vq "${queue[@]}" VQ_TYPE:u8:200 VQ_READY:u8:0 $END
	assert_equal "$output" $'v0:\n  qidx 1 queue_type other ready false'
	malformed 'VDPA_ATTR_DEV_QUEUE_INDEX is missing' vq msg DEV_NAME:str:v0 DEV_ID:u32:2 VQ_TYPE:u8:4 $END
	run -0 replies vq "${queue[@]}" VQ_READY:u8:1 VQ_INFLIGHT:hex:0500ff010000 $END
	assert_equal "$output" $'v0:\n  qidx 1 ready true inflight 5,511,0'
	run -0 replies -j vq "${queue[@]}" VQ_READY:u8:1 VQ_INFLIGHT:hex: $END
	[ "$(jq -c .vq.v0 <<<"$output")" = '{"queues":[{"qidx":1,"ready":true,"inflight":[]}]}' ]
	malformed 'VDPA_ATTR_VQ_INFLIGHT has 3 bytes' vq "${queue[@]}" VQ_INFLIGHT:hex:010203 $END
	malformed 'VDPA_ATTR_VQ_SIZE has 3 bytes' vq "${queue[@]}" VQ_SIZE:hex:010203 $END
}

@test "an attribute that does not fit into its message is an error" {
	for len in 0 3 100 65535; do
		malformed 'does not fit' dev "${DEVICE[@]}" DEV_MAX_VQS:u32:1 "attrlen:$len" $END
	done
}

# Values

@test "classes and feature bits without a name have a number" {
	run -0 replies -j mgmtdev msg MGMTDEV_DEV_NAME:str:m0 MGMTDEV_SUPPORTED_CLASSES:u64:0x8000000000000006 \
		DEV_SUPPORTED_FEATURES:u64:0x4000000000000010 $END
	jq -e '.mgmtdev.m0 | .supported_classes == ["net", "block", "class_63"] and .dev_features == ["bit_4", "STANDBY"]' <<<"$output"
	run -0 replies dev msg DEV_NAME:str:v0 MGMTDEV_DEV_NAME:str:m0 DEV_ID:u32:4294967295 $END
	assert_equal "$output" 'v0: type type_4294967295 mgmtdev m0'
}

@test "every one of 64 feature bits has a name or a number, and each but once" {
	for id in 0 1 2 3 8 18 41 63 64 99; do
		run -0 replies -j config msg DEV_NAME:str:v0 "DEV_ID:u32:$id" DEV_FEATURES:u64:0xffffffffffffffff $END
		jq -e '.config.v0.dev_features | length == 64 and (unique | length == 64)' <<<"$output"
	done
}

# words NUMBER… - as hex, in the order of this machine
words() { perl -e 'print unpack "H*", pack "Q*", map { oct } @ARGV' "$@"; }

@test "features beyond bit 63 come after the others, with the names that they have" {
	run -0 replies -j config msg DEV_NAME:str:v0 DEV_ID:u32:1 DEV_FEATURES:u64:0x100000028 \
		"DEV_FEATURES_WORDS:hex:$(words 0x100000028 0x800000000000007f 1)" DEV_NEGOTIATED_FEATURES:u64:0x8 \
		"DEV_NEGOTIATED_FEATURES_WORDS:hex:$(words 0x8 0x10)" $END
	jq -e '.config.v0 | .negotiated_features == ["MTU", "HOST_UDP_TUNNEL_GSO_CSUM"] and .dev_features == ["MTU", "MAC",
		"VERSION_1", "RSS_CONTEXT", "GUEST_UDP_TUNNEL_GSO", "GUEST_UDP_TUNNEL_GSO_CSUM", "HOST_UDP_TUNNEL_GSO",
		"HOST_UDP_TUNNEL_GSO_CSUM", "OUT_NET_HEADER", "IPSEC", "bit_127", "bit_128"]' <<<"$output"
	run -0 replies -j mgmtdev msg MGMTDEV_DEV_NAME:str:m0 MGMTDEV_SUPPORTED_CLASSES:u64:0x1200000000000 \
		DEV_SUPPORTED_FEATURES:u64:0x80100000000 "DEV_SUPPORTED_FEATURES_WORDS:hex:$(words 0x80100000000 1)" $END
	jq -e '.mgmtdev.m0 | .supported_classes == ["spi", "media"] and .dev_features == ["VERSION_1", "SUSPEND", "bit_64"]' \
		<<<"$output"
}

@test "words of features that are none are an error" {
	local bytes

	for bytes in '' 00 "$(words 1)" "$(words 1 1)00" "$(words 1 0)" "$(words 1 1 1 1 1 1 1 1 1)"; do
		malformed 'DEV_FEATURES_WORDS has [0-9]+ bytes' config msg DEV_NAME:str:v0 DEV_ID:u32:1 DEV_FEATURES:u64:1 \
			"DEV_FEATURES_WORDS:hex:$bytes" $END
	done
}

@test "feature bits have the names of their device's class" {
	run -0 replies -j config msg DEV_NAME:str:v0 DEV_ID:u32:2 DEV_FEATURES:u64:0x100001200 $END
	jq -e '.config.v0.dev_features == ["FLUSH", "MQ", "VERSION_1"]' <<<"$output"
	run -0 replies -j config msg DEV_NAME:str:v0 DEV_ID:u32:1 DEV_NEGOTIATED_FEATURES:u64:0x100401200 $END
	jq -e '.config.v0.negotiated_features == ["GUEST_ECN", "HOST_TSO6", "MQ", "VERSION_1"]' <<<"$output"
}

@test "a network device is shown as iproute2 shows it, with the keys that it spells with a blank spelt right" {
	network=(msg DEV_NAME:str:n0 DEV_ID:u32:1 DEV_NET_CFG_MACADDR:hex:525400123456 DEV_NET_STATUS:u16:1 DEV_NET_CFG_MAX_VQP:u16:4
		DEV_NET_CFG_MTU:u16:1500 DEV_NEGOTIATED_FEATURES:u64:0x28 DEV_FEATURES:u64:0x100000028)

	run -0 replies config "${network[@]}" $END
	assert_equal "$output" "$(printf '%s\n' 'n0: mac 52:54:00:12:34:56 link up link_announce false max_vq_pairs 4 mtu 1500' \
		'  negotiated_features MTU MAC' '  dev_features MTU MAC VERSION_1')"
	run -0 replies -j config "${network[@]}" $END
	assert_equal "$output" '{"config":{"n0":{"mac":"52:54:00:12:34:56","link":"up","link_announce":false,"max_vq_pairs":4,"mtu":1500,"negotiated_features":["MTU","MAC"],"dev_features":["MTU","MAC","VERSION_1"]}}}'
}

@test "a device of a class without fields of its own is shown with its features" {
	run -0 replies -j config msg DEV_NAME:str:c0 DEV_ID:u32:3 DEV_FEATURES:u64:0x100000001 $END
	jq -e '.config.c0 == {dev_features: ["SIZE", "VERSION_1"]}' <<<"$output"
}

@test "a counter of 64 bits is a number in JSON, exact up to 2^64 - 1" {
	queue=(msg DEV_NAME:str:n0 DEV_ID:u32:1 DEV_QUEUE_INDEX:u32:1 DEV_VENDOR_ATTR_NAME:str:received_desc)

	run -0 replies -j vstats "${queue[@]}" DEV_VENDOR_ATTR_VALUE:u64:9223372036854775807 $END
	assert_equal "$output" '{"vstats":{"n0":{"queue_type":"tx","received_desc":9223372036854775807,"counters":{"received_desc":9223372036854775807}}}}'
	run -0 replies -j vstats "${queue[@]}" DEV_VENDOR_ATTR_VALUE:u64:18446744073709551615 $END
	assert_equal "$output" '{"vstats":{"n0":{"queue_type":"tx","received_desc":18446744073709551615,"counters":{"received_desc":18446744073709551615}}}}'
	run -0 replies vstats "${queue[@]}" DEV_VENDOR_ATTR_VALUE:u64:18446744073709551615 $END
	assert_equal "$output" 'n0: queue_type tx received_desc 18446744073709551615'
}

@test "the control queue is told from the others by the queue pairs that there are" {
	ctrl=DEV_NEGOTIATED_FEATURES:u64:0x20000

	for case in '0 1 rx' '1 1 tx' '2 1 control_vq' '4 2 control_vq' '2 2 rx' '5 4 tx' '3 1 other'; do
		read -r index pairs type <<<"$case"
		run -0 replies vstats msg DEV_NAME:str:n0 DEV_ID:u32:1 $ctrl "DEV_NET_CFG_MAX_VQP:u16:$pairs" "DEV_QUEUE_INDEX:u32:$index" $END
		assert_equal "$output" "n0: queue_type $type"
	done
	# Without multiqueue the kernel does not say how many pairs there are: one.
	run -0 replies vstats msg DEV_NAME:str:n0 DEV_ID:u32:1 $ctrl DEV_QUEUE_INDEX:u32:0 $END
	assert_equal "$output" 'n0: queue_type rx'
}

@test "counter values without a name, and names without a value, are passed over" {
	run -0 replies vstats msg DEV_NAME:str:b0 DEV_ID:u32:2 DEV_QUEUE_INDEX:u32:0 DEV_VENDOR_ATTR_VALUE:u64:1 \
		DEV_VENDOR_ATTR_NAME:str:a DEV_VENDOR_ATTR_NAME:str:b DEV_VENDOR_ATTR_VALUE:u64:2 DEV_VENDOR_ATTR_VALUE:u64:3 \
		DEV_VENDOR_ATTR_NAME:str:c $END
	assert_equal "$output" 'b0: queue_type request b 2'
}

@test "a counter that is called as one of our keys overwrites none, and of two counters of one name the first is shown" {
	run -0 replies -j vstats msg DEV_NAME:str:b0 DEV_ID:u32:2 DEV_QUEUE_INDEX:u32:0 \
		DEV_VENDOR_ATTR_NAME:str:queue_type DEV_VENDOR_ATTR_VALUE:u64:1 DEV_VENDOR_ATTR_NAME:str:counters DEV_VENDOR_ATTR_VALUE:u64:2 \
		DEV_VENDOR_ATTR_NAME:str:a DEV_VENDOR_ATTR_VALUE:u64:3 DEV_VENDOR_ATTR_NAME:str:a DEV_VENDOR_ATTR_VALUE:u64:4 $END
	assert_equal "$output" '{"vstats":{"b0":{"queue_type":"request","a":3,"counters":{"queue_type":1,"counters":2,"a":3}}}}'
}

# Messages

@test "a reply that breaks off in the middle of a message is an error" {
	for cut in 1 2 4 15; do
		malformed 'middle of a message' dev "${DEVICE[@]}" "cut:$cut"
	done
	for len in 0 15 4096 2147483648 4294967295; do
		malformed 'middle of a message' dev "${DEVICE[@]}" "msglen:$len"
	done
}

@test "messages that are not the family's, or too short for it, are an error" {
	malformed 'unexpected message' dev msg:type=33 DEV_NAME:str:v0 $END
	malformed 'unexpected message' dev msg msglen:16 $END
}

@test "answers to another request are passed over" {
	run -0 replies dev msg:seq=6 DEV_NAME:str:old "${REST[@]}" "${DEVICE[@]}" msg:seq=8 DEV_NAME:str:other $END
	assert_equal "$output" 'v0: type block mgmtdev vduse'
}

@test "a reply without an end is waited for, not taken for complete" {
	run -3 replies dev "${DEVICE[@]}"
	assert_equal "$output" 'v0: type block mgmtdev vduse'
}

@test "a dump that was interrupted is complete, and known to have been" {
	run -0 replies dev msg:flags=0x12 DEV_NAME:str:v0 "${REST[@]}" $END
	assert_equal "$output" "$(printf '%s\n' 'v0: type block mgmtdev vduse' '(interrupted)')"
}

@test "what came before an error is complete JSON" {
	run -2 --separate-stderr replies -j dev "${DEVICE[@]}" done:-5
	jq -e '.dev.v0.type == "block" and .incomplete' <<<"$output"
	jq -e '.error.errno == "EIO"' <<<"$stderr"
	run -0 replies -j dev "${DEVICE[@]}" $END
	jq -e 'has("incomplete") | not' <<<"$output"
	run -2 --separate-stderr replies -j dev done:-5
	[ -z "$output" ]
}

@test "what came before an error is shown as text, and that it is not complete" {
	run -2 --separate-stderr replies dev "${DEVICE[@]}" done:-5
	assert_equal "$output" 'v0: type block mgmtdev vduse'
	assert_equal "$stderr" $'vdpa: v0: Input/output error\nvdpa: what is shown is not complete'
	run -2 --separate-stderr replies dev done:-5
	assert_equal "$stderr" 'vdpa: v0: Input/output error'
}

@test "the first malformed message is the one that is reported, and nothing after it is shown" {
	run -2 --separate-stderr replies dev "${DEVICE[@]}" msg DEV_NAME:str:v1 msg "${REST[@]}" "${DEVICE[@]}" done:-5
	assert_equal "$output" 'v0: type block mgmtdev vduse'
	assert_match "$stderr" 'VDPA_ATTR_MGMTDEV_DEV_NAME is missing'
}

# Refusals

@test "the kernel's message and the attribute at fault are shown, capped or not" {
	for capped in '' :capped; do
		run -2 --separate-stderr replies dev "error:-22$capped" '1:str:v0 will not do' 2:u32:28
		assert_equal "$stderr" 'vdpa: v0: v0 will not do (VDPA_ATTR_MGMTDEV_DEV_NAME)'
		run -2 --separate-stderr replies -j dev "error:-22$capped" '1:str:v0 will not do' 2:u32:20
		jq -e '.error == {errno: "EINVAL", message: "v0 will not do", dev: "v0", attribute: "VDPA_ATTR_DEV_NAME"}' <<<"$stderr"
	done
}

@test "an attribute that is missing from the request is named" {
	run -2 --separate-stderr replies -j dev error:-22:capped '1:str:v0: no such thing' 5:u32:10
	jq -e '.error.attribute == "VDPA_ATTR_DEV_NET_CFG_MACADDR"' <<<"$stderr"
	run -2 --separate-stderr replies -j dev error:-22:capped 5:u32:77
	jq -e '.error.attribute == "attribute 77"' <<<"$stderr"
}

@test "an offset at which the request has no attribute names none" {
	for offset in 0 16 21 24 40 4096 4294967295; do
		run -2 --separate-stderr replies -j dev error:-22:capped '1:str:v0 no' "2:u32:$offset"
		jq -e '.error == {errno: "EINVAL", message: "v0 no", dev: "v0"}' <<<"$stderr"
	done
}

@test "a message names the device, whatever the kernel says, and not the kernel's module" {
	run -2 --separate-stderr replies dev error:-19:capped '1:str:vdpa: device not found'
	assert_equal "$stderr" 'vdpa: v0: device not found'
}

@test "a refusal without a message is put into words" {
	for case in '1 CAP_NET_ADMIN' '12 out of memory' '16 in use' '17 exists already' '19 no such device' '95 not supported'; do
		run -2 --separate-stderr replies dev "error:-${case%% *}:capped"
		[[ $stderr = "vdpa: v0: "*"${case#* }"* ]] || fail "$stderr"
	done
	run -2 --separate-stderr replies -j dev error:-4095:capped
	jq -e '.error.errno == 4095' <<<"$stderr"
}

@test "a kernel's message without terminator, with control characters or too long does no harm" {
	run -2 --separate-stderr replies dev error:-22:capped '1:raw:v0 bad'
	assert_equal "$stderr" 'vdpa: v0: v0 bad'
	run -2 --separate-stderr replies dev error:-22:capped 1:hex:76301b5b324aff
	assert_equal "$stderr" 'vdpa: v0: v0\x1b[2J\xff'
	run -2 --separate-stderr replies dev error:-22:capped "1:str:v0 $(printf 'x%.0s' {1..5000})"
	assert_match "$stderr" '^vdpa: v0: v0 x+$'
}

@test "an acknowledgement that makes no sense is an error" {
	malformed acknowledgement dev error:22:capped
	malformed acknowledgement dev error:-2147483648:capped
	malformed acknowledgement dev error:0:capped msglen:20
	malformed 'end of a list' dev done:-2147483648
}

@test "extended attributes that are cut or of the wrong type are passed over" {
	run -2 --separate-stderr replies dev error:-17:capped 2:u16:20 5:u8:1
	assert_equal "$stderr" 'vdpa: v0: a device of that name exists already'
	run -2 --separate-stderr replies dev error:-17:capped '1:str:v0 is there' attrlen:400
	assert_equal "$stderr" 'vdpa: v0: a device of that name exists already'
}

# The family

@test "a kernel whose family lacks a command is told from one that refuses" {
	run -2 --separate-stderr replies lacks
	assert_equal "$stderr" "vdpa: this kernel's vdpa core has no dev config show command (needs Linux 5.16)"
	run -2 --separate-stderr replies -j lacks
	jq -e '.error.errno == "EOPNOTSUPP"' <<<"$stderr"
}

@test "what the kernel says of its family is taken as far as it makes sense" {
	get_with_dump=14000100080001000500000008000200"0e000000"
	new_without_flags=0c0002000800010003000000
	beyond=0c000300080001002c010000
	cut=ff000400080001000700000

	run -0 replies family msg 1:u16:35 "6:hex:$get_with_dump$new_without_flags$beyond$cut" 9:u32:1 $END
	assert_equal "$output" 'family 35: 3 5(dump)'
	malformed 'description of its vdpa family' family msg 1:u8:35 $END
	malformed 'description of its vdpa family' family msg 1:u16:2 $END
	malformed 'description of its vdpa family' family msg 6:hex:0c000100 $END
}

@test "20000 damaged replies neither crash the command nor make it read past their end" {
	run -0 replies fuzz 20000
	assert_match "${lines[-1]}" '^20000 rounds: '
}
