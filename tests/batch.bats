#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Many commands in one process: vdpa -batch FILE.

load lib/common
load lib/devices
load lib/sim

setup() {
	common_setup
	load_sim ours net blk
	BATCH=$BATS_TEST_TMPDIR/batch
}

@test "a batch does one command a line, and prints what each would print" {
	cat >"$BATCH" <<-END
		# two devices
		dev add name n0 mgmtdev $NET mac 02:00:00:00:00:01   # with an address
		dev add name b0 mgmtdev $BLK

		dev config show n0
		dev show
	END

	run -0 --separate-stderr "$VDPA_TOOL" -b "$BATCH"

	[ -z "$stderr" ]
	assert_equal "$output" "$("$VDPA_TOOL" dev config show n0; "$VDPA_TOOL" dev show)"
}

@test "with -j a batch is one array, with an element for each line that is a command" {
	cat >"$BATCH" <<-END
		dev add name n0 mgmtdev $NET

		dev show
		# a comment
		dev config show
		dev vq show n0
	END

	run -0 --separate-stderr "$VDPA_TOOL" -j -batch "$BATCH"
	[ -z "$stderr" ]
	assert_equal "$(jq -c 'map([.line, .status])' <<<"$output")" '[[1,0],[3,0],[5,0],[6,0]]'
	assert_equal "$(jq -c '.[0].result.dev.n0 | .mgmtdev, has("mac")' <<<"$output")" "\"$NET\""$'\n'true
	assert_equal "$(jq -c '.[1:] | map(.result)' <<<"$output")" "$({ "$VDPA_TOOL" -j dev show; "$VDPA_TOOL" -j dev config show; \
		"$VDPA_TOOL" -j dev vq show n0; } | jq -cs .)"

	echo 'dev del n0' >"$BATCH"
	run -0 --separate-stderr "$VDPA_TOOL" -j -batch "$BATCH"
	assert_equal "$(jq -c . <<<"$output")" '[{"line":1,"status":0}]'
	gone n0
}

@test "the first error ends a batch, and is told with file and line" {
	printf '%s\n' "dev add name n0 mgmtdev $NET" 'dev del nobody' "dev add name n1 mgmtdev $NET" >"$BATCH"

	run -2 "$VDPA_TOOL" -b "$BATCH"
	assert_equal "$output" "vdpa: $BATCH:2: nobody: no device named nobody (VDPA_ATTR_DEV_NAME)"
	added n0
	gone n1

	run -2 --separate-stderr "$VDPA_TOOL" -j -b "$BATCH"
	[ -z "$stderr" ]
	assert_equal "$(jq -c '.[] | [.line, .status, (.error | .errno, .command, .dev, .mgmtdev, .file, .line)]' <<<"$output")" \
		"[1,2,\"EEXIST\",\"dev add\",\"n0\",\"$NET\",\"$BATCH\",1]"
}

@test "with -force a batch goes on, and ends with the worst status" {
	printf '%s\n' 'nonsense' 'dev del nobody' "dev add name n0 mgmtdev $NET" 'dev show n0' >"$BATCH"

	run -2 --separate-stderr "$VDPA_TOOL" -j -force -b "$BATCH"
	assert_equal "$(jq -c 'map([.line, .status])' <<<"$output")" '[[1,1],[2,2],[3,0],[4,0]]'
	assert_equal "$(jq -r '.[3].result.dev | keys[]' <<<"$output")" n0
	added n0
}

@test "of requests that are under way together each line is told, whatever became of it" {
	for i in {1..150}; do echo "dev del d$i"; done >"$BATCH"
	sed -i '70s/.*/dev del/; 100s/.*/dev del d99/; 120s/.*/nonsense/' "$BATCH"

	run -2 --separate-stderr "$VDPA_TOOL" -j -force -parallel 16 -b "$BATCH"

	assert_equal "$(jq '.[].line' <<<"$output" | sort -n)" "$(seq 150)"
	assert_equal "$(jq -c 'map(select(.error.errno == "EINVAL").line)' <<<"$output")" '[70,120]'
	assert_equal "$(jq -c 'map(select(.error.errno == "ENODEV")) | length' <<<"$output")" 148
	jq -e 'all(.error.line == .line)' <<<"$output"
}

@test "what is about one device is done in the order of the lines" {
	printf '%s\n' "dev add name n0 mgmtdev $NET" "dev add name n0 mgmtdev $NET" 'dev del n0' 'dev del n0' \
		"dev add name n0 mgmtdev $NET" >"$BATCH"

	run -2 --separate-stderr "$VDPA_TOOL" -j -force -parallel 64 -b "$BATCH"
	assert_equal "$(jq -r '.[] | select(.error) | "\(.line) \(.error.errno)"' <<<"$output")" $'2 EEXIST\n4 ENODEV'
	added n0
}

@test "devices of one management device come to be in the order of the file" {
	for i in {1..60}; do echo "dev add name n$i mgmtdev $NET"; done >"$BATCH"
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK"
	start "$VDPA_TOOL" -s monitor dev
	monitor=$PID told=$OUT
	wait_until 10 grep -q '^dev_present.* dev b0 ' "$told"

	run -0 --separate-stderr "$VDPA_TOOL" -parallel 32 -b "$BATCH"

	wait_until 10 grep -q '^dev_added.* dev n60 ' "$told"
	finish_off "$monitor"
	assert_equal "$(sed -n 's/^dev_added.* dev \(n[0-9]*\) .*/\1/p' "$told")" "$(seq -f n%g 60)"
}

@test "who writes lines one by one has each answer before the next" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	coproc "$VDPA_TOOL" -b - 3>&-

	echo 'dev show n0' >&"${COPROC[1]}"
	IFS= read -rt 30 line <&"${COPROC[0]}"
	assert_match "$line" '^n0: type network '
	while IFS= read -rt 1 line <&"${COPROC[0]}"; do :; done
	echo 'dev config show n0' >&"${COPROC[1]}"
	IFS= read -rt 30 line <&"${COPROC[0]}"
	assert_match "$line" '^n0: mac '
}

@test "names are quoted as in a shell, and what a plan prints is a line of a batch" {
	name="a '\$(x)\" # b"
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	"$VDPA_TOOL" -j dev migration show n0 >"$BATS_TEST_TMPDIR/n0.json"
	plan=$("$VDPA_TOOL" migration plan source "$BATS_TEST_TMPDIR/n0.json" mgmtdev "$NET" name "$name")
	printf '%s\n' "${plan#vdpa }" 'dev show "a '\''$(x)\" # b"' 'dev del a\ \'\''$(x)\"\ \#\ b' >"$BATCH"

	run -0 --separate-stderr "$VDPA_TOOL" -j -b "$BATCH"
	assert_equal "$(jq -r '.[1].result.dev | keys[]' <<<"$output")" "$name"
	gone "$name"
}

@test "the core may be loaded anew while a batch goes on after what it refused" {
	coproc "$VDPA_TOOL" -force -b - 2>&1 3>&-
	echo 'dev show' >&"${COPROC[1]}"
	echo 'dev show n0' >&"${COPROC[1]}"
	IFS= read -rt 30 line <&"${COPROC[0]}"
	assert_match "$line" '-:2: n0: no device named n0'

	unload_all
	echo 'dev show n0' >&"${COPROC[1]}"
	IFS= read -rt 30 line <&"${COPROC[0]}"
	assert_match "$line" '-:3: '
	load_sim ours net
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	echo 'dev show n0' >&"${COPROC[1]}"
	IFS= read -rt 30 line <&"${COPROC[0]}"
	assert_match "$line" '^n0: type network '
}
