#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The files of vdpa apply: what is wrong with them is said before the kernel is asked. Run without privileges.

load ../lib/common

setup() {
	common_setup
	export VDPA_TOOL
	cd "$BATS_TEST_TMPDIR"
	umask 022
}

vdpa() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --bounding-set=-all --inh-caps=-all "$VDPA_TOOL" "$@"
	else
		"$VDPA_TOOL" "$@"
	fi
}

# wrong TEXT MESSAGE - a file a.json with this text is refused with this message alone.
wrong() {
	printf '%s' "$1" >a.json
	run -1 --separate-stderr vdpa apply a.json
	[ -z "$output" ]
	[ "$stderr" = "vdpa: $2" ] || fail "$1" "expected: vdpa: $2" "got:      $stderr"
}

# right TEXT - nothing is wrong with it: it gets as far as asking the kernel, whatever that says
right() {
	printf '%s' "$1" >a.json
	run --separate-stderr vdpa apply a.json
	[ "$status" -eq 0 ] || [ "$status" -eq 2 ] || fail "taken for a mistake: $1" "$stderr"
}

@test "text that is no document is refused, with file and line" {
	wrong '' 'a.json:1: no JSON object'
	wrong $'\n\n [1]' 'a.json:3: no JSON object'
	wrong '{}' 'a.json:1: no JSON: a name in quotation marks is expected'
	wrong '{"mgmtdev": {}}' 'a.json:1: the first key is not "dev"'
	wrong '{"dev": []}' 'a.json:1: "dev" has to be an object'
	wrong '{"dev": {"n0"}}' 'a.json:1: no JSON: a colon is expected'
	wrong $'{"dev": {\n"n0": 1}}' 'a.json:2: a device has to be an object'
	wrong $'{"dev": {\n"n0": {"mgmtdev": "m"' 'a.json:2: no JSON: the file ends within a device'
	wrong $'{"dev": {\n"n0": {"mgmtdev": "m}}}' 'a.json:2: no JSON: a string does not end'
	wrong $'{"dev": {"n0": {\n"mgmtdev": "m",\n"mtu": }}}' "a.json:3: n0: no JSON: unexpected token near '}'"
	wrong $'{"dev": {"n0": {\n"mgmtdev": "m",\n"mgmtdev": "k"}}}' "a.json:3: n0: no JSON: duplicate object key near '\"mgmtdev\"'"
	wrong '{"dev": {}, "incomplete": true}' 'a.json:1: something follows "dev", which is the only key'
	wrong $'{"dev": {}}\n{"dev": {}}' 'a.json:2: something follows the end of the document'
	wrong '{"dev": {"n0": {"mgmtdev": "'"$(printf '%070000d' 0)"'"}}}' 'a.json:1: no JSON: a string does not end'
	wrong '{"dev": {"n0": ['"$(printf '1,%.0s' {1..40000})"'1]}}' 'a.json:1: a device has to be an object'
	wrong '{"dev": {"n0": {"a": ['"$(printf '1,%.0s' {1..40000})"'1]}}}' 'a.json:1: a device takes more than 64 KiB'
}

@test "a device that cannot be is refused, with the line of what is wrong" {
	wrong $'{"dev": {\n"n0":\n{"type": "network",\n"colour": 1, "mgmtdev": "m"}}}' 'a.json:4: n0: unknown key "colour", expected: mgmtdev, device_features, mac, mtu, max_vqp, driver, or another one of "vdpa dev show"'
	wrong $'{"dev": {\n"n0":\n{}}}' 'a.json:2: n0: mgmtdev is missing'
	wrong '{"dev": {"n/0": {"mgmtdev": "m"}}}' "a.json:1: n/0: device \"n/0\" has a '/' in it"
	wrong '{"dev": {"n0": {"mgmtdev": "a/b/c"}}}' "a.json:1: n0: mgmtdev \"a/b/c\" is not BUS/DEVICE or DEVICE: it has more than one '/'"
	wrong '{"dev": {"n0": {"mgmtdev": "m", "mac": "01:00:00:00:00:00"}}}' 'a.json:1: n0: mac "01:00:00:00:00:00" is a multicast address'
	wrong '{"dev": {"n0": {"mgmtdev": "m", "mtu": "1500"}}}' 'a.json:1: n0: mtu has to be a number'
	wrong '{"dev": {"n0": {"mgmtdev": "m", "mtu": 12}}}' 'a.json:1: n0: mtu "12" is not a number of bytes from 68 to 65535'
	wrong '{"dev": {"n0": {"mgmtdev": "m", "max_vqp": 1.5}}}' 'a.json:1: n0: max_vqp has to be a number'
	wrong '{"dev": {"n0": {"mgmtdev": "m", "device_features": 32}}}' 'a.json:1: n0: device_features has to be a string'
	wrong '{"dev": {"n0": {"mgmtdev": "m", "driver": ""}}}' 'a.json:1: n0: driver "" is empty'
	wrong '{"dev": {"n0": {"mgmtdev": "m", "created_with": {"driver": "d"}}}}' 'a.json:1: n0: unknown key "driver" in created_with'
	wrong '{"dev": {"n0": {"mgmtdev": "m", "created_with": 1}}}' 'a.json:1: n0: created_with has to be an object'
	wrong '{"dev": {"n0": {"mgmtdev": "m", "device_features": "MQ,NOSUCH"}}}' 'a.json:1: n0: device_features "MQ,NOSUCH": "NOSUCH" is not a hexadecimal number of at most 64 bits nor the name of a feature'
}

@test "every key that dev show prints is taken" {
	keys=$(jq -r '.properties.dev.additionalProperties.properties | keys[]' "$VDPA_TOP/schema/dev.json")
	[ "$keys" ]
	for key in $keys; do
		case $key in
		mgmtdev) continue ;;
		driver | driver_override) value='"vhost_vdpa"' ;;
		mac) value='"52:54:00:00:00:01"' ;;
		created_with) value='{"mac": "52:54:00:00:00:01", "mtu": 1500, "max_vqp": 2, "device_features": "0x1"}' ;;
		*) value=null ;;
		esac
		right "{\"dev\": {\"n0\": {\"$key\": $value, \"mgmtdev\": \"m\"}}}"
	done
}

@test "blanks and escapes are those of JSON" {
	right $'\t{ "dev"\r\n: { "n\\u0030" : {"mgmtdev":"}\\"{" } ,"n1":{ "mgmtdev" : "\\\\" }\n}\n}\n\n'
	right '{"dev": {}}'
}

@test "files that others may write to are refused, and so is what is no file" {
	mkdir dir dir/sub.json
	echo '{"dev": {}}' | tee dir/a.json dir/b.json >dir/c.txt
	chmod 646 dir/b.json
	mkfifo dir/p.json

	run -1 vdpa apply dir
	assert_equal "$output" 'vdpa: dir/b.json: can be written to by others than its owner
vdpa: dir/p.json: is no regular file
vdpa: dir/sub.json: Is a directory'
	chmod 777 dir
	run -1 vdpa apply dir nothing
	assert_equal "$output" 'vdpa: dir: can be written to by others than its owner
vdpa: nothing: No such file or directory'
}

@test "the first of two that have one name counts, and the other one is told where it is" {
	mkdir dir
	printf '{"dev": {\n"n0": {}, "n1": {}}}' >dir/a.json
	printf '{"dev": {\n"n1": {},\n"n0": {}}}' >dir/b.json

	run -1 vdpa apply dir
	assert_equal "$output" 'vdpa: dir/a.json:2: n0: mgmtdev is missing
vdpa: dir/a.json:2: n1: mgmtdev is missing
vdpa: dir/b.json:2: n1: is named twice, the first time in dir/a.json:2, which counts
vdpa: dir/b.json:3: n0: is named twice, the first time in dir/a.json:2, which counts'
}

@test "options that do not go together are refused" {
	for words in '-watch -n' '-watch -' '- -'; do
		# shellcheck disable=SC2086
		run -1 vdpa apply $words
		assert_match "$output" 'Try "vdpa help"'
	done
	run -1 vdpa -n dev show
	assert_match "$output" 'the option -dry-run does not apply to this command'
	run -1 vdpa -b /dev/null -prune
	assert_match "$output" 'do not apply to a batch'
}

@test "the unit is one that systemd takes" {
	sed "s,@SBINDIR@/vdpa,$VDPA_PROGRAM," "$VDPA_TOP/contrib/systemd/vdpa.service" >vdpa.service
	run -0 systemd-analyze verify --man=no ./vdpa.service
	[ -z "$output" ] || fail "$output"
}

@test "memory does not grow with what the files say" {
	awk 'BEGIN { print "{\"dev\": {"; for (i = 0; i < 100000; i++) printf "%s\"device%d\": {\"type\": \"network\", \"max_vqs\": 3, \"mtu\": 1500}\n",
		i ? "," : "", i; print "}}" }' >a.json
	(($(stat -c %s a.json) > 6000000))

	run -1 bash -c 'set -o pipefail; ulimit -v 24000; "$VDPA_TOOL" apply a.json 2>&1 | tail -n 1'
	[ "$output" = 'vdpa: a.json:100001: device99999: mgmtdev is missing' ] || fail "$output"
}
