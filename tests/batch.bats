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

@test "with -j a batch is one array of what the single commands print" {
	cat >"$BATCH" <<-END
		dev add name n0 mgmtdev $NET
		dev show
		dev config show
		dev vq show n0
	END

	run -0 --separate-stderr "$VDPA_TOOL" -j -batch "$BATCH"
	assert_equal "$(jq -c . <<<"$output")" "$({ "$VDPA_TOOL" -j dev show; "$VDPA_TOOL" -j dev config show; \
		"$VDPA_TOOL" -j dev vq show n0; } | jq -cs .)"

	echo 'dev del n0' >"$BATCH"
	run -0 --separate-stderr "$VDPA_TOOL" -j -batch "$BATCH"
	assert_equal "$(jq -c . <<<"$output")" '[]'
	gone n0
}

@test "the first error ends a batch, and is told with file and line" {
	printf '%s\n' "dev add name n0 mgmtdev $NET" 'dev del nobody' "dev add name n1 mgmtdev $NET" >"$BATCH"

	run -2 "$VDPA_TOOL" -b "$BATCH"
	assert_equal "$output" "vdpa: $BATCH:2: no device named nobody (VDPA_ATTR_DEV_NAME)"
	added n0
	gone n1

	run -2 --separate-stderr "$VDPA_TOOL" -j -b "$BATCH"
	assert_equal "$(jq -c '.error | [.errno, .file, .line]' <<<"$stderr")" "[\"EEXIST\",\"$BATCH\",1]"
	assert_equal "$(jq -c . <<<"$output")" '[]'
}

@test "with -force a batch goes on, and ends with the status of the first error" {
	printf '%s\n' 'dev del nobody' 'nonsense' "dev add name n0 mgmtdev $NET" 'dev show n0' >"$BATCH"

	run -2 --separate-stderr "$VDPA_TOOL" -j -force -b "$BATCH"
	assert_equal "$(jq -c '.error.line' <<<"$stderr")" $'1\n2'
	assert_equal "$(jq -c 'map(.dev | keys[])' <<<"$output")" '["n0"]'
	added n0
}

@test "what is sent before the replies have come is told of in the order of the lines" {
	for i in {1..150}; do echo "dev del d$i"; done >"$BATCH"
	sed -i '70s/.*/dev del/; 100s/.*/dev del d99/; 120s/.*/nonsense/' "$BATCH"

	run -2 --separate-stderr "$VDPA_TOOL" -j -force -b "$BATCH"

	assert_equal "$(jq .error.line <<<"$stderr")" "$(seq 150)"
	assert_equal "$(jq -r .error.errno <<<"$stderr" | uniq -c | awk '{ print $1, $2 }')" \
		$'69 ENODEV\n1 EINVAL\n49 ENODEV\n1 EINVAL\n30 ENODEV'
}

@test "what is about one device is done in the order of the lines" {
	printf '%s\n' "dev add name n0 mgmtdev $NET" "dev add name n0 mgmtdev $NET" 'dev del n0' 'dev del n0' \
		"dev add name n0 mgmtdev $NET" >"$BATCH"

	run -2 --separate-stderr "$VDPA_TOOL" -j -force -b "$BATCH"
	assert_equal "$(jq -r '.error | "\(.line) \(.errno)"' <<<"$stderr")" $'2 EEXIST\n4 ENODEV'
	added n0
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
	assert_equal "$(jq -r '.[0].dev | keys[]' <<<"$output")" "$name"
	gone "$name"
}

@test "the core may be loaded anew while a batch goes on after what it refused" {
	coproc "$VDPA_TOOL" -force -b - 2>&1 3>&-
	echo 'dev show' >&"${COPROC[1]}"
	echo 'dev show n0' >&"${COPROC[1]}"
	IFS= read -rt 30 line <&"${COPROC[0]}"
	assert_match "$line" '-:2: no device named n0'

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
