#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# How the examples of pages are found, run and compared (tests/lib/examples.bash).

load ../lib/common
load ../lib/examples

setup() {
	common_setup
	VDPA_TOP=$BATS_TEST_TMPDIR
	cd "$BATS_TEST_TMPDIR"
	ln -s "$BATS_TEST_DIRNAME/.." tests
}

devices() { :; }
step_note() { echo "$1" >>steps; }

# page LINE… - page.md
page() { printf '%s\n' "$@" >page.md; }

@test "an example with the output and the status that its page shows works" {
	page '<!-- run -->' '' '    # echo one; echo two' '    one' '    two' '    # true' '' 'Words.' '' '    # false' \
		'<!-- run: status 3 -->' '' '    # exit 3'
	examples_work page.md doc-examples
}

@test "an example that prints something else than its page shows is told, and so is each after it" {
	page '<!-- run -->' '' '    # echo one' '    two' '    # echo three' '    four'
	run ! examples_work page.md doc-examples
	assert_match "$output" 'page.s: echo one'
	assert_match "$output" 'page.s: echo three'
	assert_match "$output" '2 examples'
}

@test "an example that shows output and prints none, or less, is told" {
	page '<!-- run -->' '' '    # true' '    two'
	run ! examples_work page.md doc-examples
	page '<!-- run -->' '' '    # echo one' '    one' '    two'
	run ! examples_work page.md doc-examples
}

@test "an example that ends with another status is told" {
	page '<!-- run -->' '' '    # exit 2'
	run ! examples_work page.md doc-examples
	assert_match "$output" 'status 2 instead of 0'
}

@test "a block to paste is commands alone, and the output stands in a block of its own" {
	page '<!-- run: paste: status 1 -->' '' '    echo one >one' '    cat one; false   # a comment' '' '<!-- output -->' '' '    one' \
		'<!-- step note here -->'
	examples_work page.md doc-examples
	assert_equal "$(cat steps)" here
	page '<!-- run: paste -->' '' '    echo one' '' '<!-- output -->' '' '    two'
	run ! examples_work page.md doc-examples
}

@test "a line of dots stands for lines, and other characters for themselves" {
	page '<!-- run -->' '' '    # seq 9' '    1' '    ...' '    9'
	examples_work page.md doc-examples
	run ! same_output $'1\n...\n8' "$(seq 9)"
	run ! same_output 'a*' 'ab'
	run ! same_output '[ab]' 'a'
	same_output 'a* [b] (c|d) \e' 'a* [b] (c|d) \e'
}

@test "what is different each time is not compared, and all else is" {
	same_output '2026-11-23T09:06:19.271270Z dev_added dev b0' '2027-01-01T00:00:00.000001Z dev_added dev b0'
	same_output 'mac 02:00:00:00:00:01 chardev /dev/vhost-vdpa-0' 'mac 52:54:00:12:34:56 chardev /dev/vhost-vdpa-12'
	same_output '{"suspend_max_us": 7,"netdev":"eth0"}' '{"suspend_max_us": 91,"netdev":"ens3"}'
	same_output 'kernel 6.12.117+deb12-amd64: pci/0000:03:00.2' 'kernel 7.3.14-amd64: pci/0000:0a:00.0'
	run ! same_output 'state active transitions 1' 'state active transitions 2'
	run ! same_output 'software_version 1.0.0' 'software_version 1.0.1'
	run ! same_output 'dev b0' 'dev b1'
	run ! same_output 'suspend_max_us 7' 'resume_max_us 7'
}

@test "a man page's examples come with their output, without its markup" {
	printf '%s\n' .SH\ EXAMPLES .EX '# echo \(dqa\-b\(dq' '\(dqa\-b\(dq' '.\" exit status 2' '# exit 2' .EE 'Words.' .EX \
		'.\" output differs' '# true' 'of another host' '.\" step show file' '# cat file' 'its line' .EE >page.8
	run -0 tests/tool/man-examples page.8
	assert_equal "$output" "$(printf '%s\t%s\n' 0 'echo "a-b"' out '"a-b"' 2 'exit 2' 0 true step 'show file')"
}
