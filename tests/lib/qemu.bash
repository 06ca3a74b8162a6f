# SPDX-License-Identifier: GPL-2.0-or-later
# Functions for tests with QEMU guests. Loaded after lib/sim.
#
# A guest runs iPXE, QEMU's own option ROM, which needs no operating system and starts within seconds even if emulated.
# It gets an address and a script from dnsmasq and an HTTP server on a simulated NIC of this machine, and fetches one
# numbered file after the other, for ever.

IPXE=/usr/lib/ipxe/qemu/pxe-virtio.rom
GUEST_MAC=02:00:00:00:00:01
WEB=$BATS_TEST_TMPDIR/web
FETCH_FIRST=1001 FETCH_LAST=2000

# choose_qemu [PROGRAM] - chooses the QEMU that runs the guests; default: one that can migrate them.
choose_qemu() { QEMU=${1:-$("$VDPA_TOP/tests/vm/qemu")}; }

# The host's end of the wire

# serve - sets up a NIC of this machine, with the services that a guest needs
serve() {
	local nic

	vdpa dev add name host mgmtdev "$NET" mac 02:00:00:00:00:fe >/dev/null
	give_to_host host
	nic=$(netdev_of host)
	ip addr add 10.0.0.1/24 dev "$nic"
	ip link set "$nic" up
	write_web
	start busybox httpd -f -vv -p 10.0.0.1:80 -h "$WEB"
	HTTPD_LOG=$OUT
	start dnsmasq --no-daemon --conf-file=/dev/null --port=0 --user=root --interface="$nic" --bind-interfaces \
		--dhcp-range=10.0.0.100,10.0.0.199,1h --dhcp-leasefile="$BATS_TEST_TMPDIR/leases" \
		--dhcp-boot=http://10.0.0.1/script
	wait_until 20 said "$OUT" 'sockets bound'
}

# give_to_host DEV - binds DEV to virtio_vdpa, if vhost_vdpa is bound to it
give_to_host() {
	echo virtio_vdpa >"$BUS/devices/$1/driver_override"
	echo "$1" >/sys/bus/vdpa/drivers/vhost_vdpa/unbind
	echo "$1" >/sys/bus/vdpa/drivers/virtio_vdpa/bind
	wait_until 20 netdev_of "$1" >/dev/null
}

# A file of 4 KiB for each number. After the last one the guest starts again.
write_web() {
	mkdir "$WEB"
	head -c $((4096 * (FETCH_LAST - FETCH_FIRST + 1))) /dev/urandom |
		split -b 4096 -a 4 --numeric-suffixes=$FETCH_FIRST - "$WEB/"
	cat >"$WEB/script" <<-END
		#!ipxe
		set n:int32 $((FETCH_FIRST - 1))
		:again
		iseq \${n} $FETCH_LAST && set n:int32 $((FETCH_FIRST - 1)) ||
		inc n
		imgfetch --name file http://10.0.0.1/\${n} || goto failed
		imgfree file
		goto again
		:failed
		imgfetch --name file http://10.0.0.1/failed/\${n}
	END
}

# fetches - prints how many files the guest has fetched
fetches() { grep -c 'response:200' "$HTTPD_LOG"; }
fetches_above() { (($(fetches) > $1)); }

# fetches_on [N] - waits until the guest has fetched N more files (default: ten).
fetches_on() { wait_until 60 fetches_above $(($(fetches) + ${1:-10})); }

# none_lost - the guest must have fetched each file once, in order, and without an error.
none_lost() {
	local out

	out=$(awk -v first=$FETCH_FIRST -v last=$FETCH_LAST -F 'url:/' '
		/response:/ && !/response:200/ { print "refused: " $0 }
		!/url:/ || /url:\/script$/ { next }
		$2 != (was == last || was == "" ? first : was + 1) { print "after " was ": " $2 }
		{ was = $2 }' "$HTTPD_LOG")
	[ -z "$out" ] || fail "$out"
}

# QEMU

# nic_words DEV [NETDEV-OPTION…] - how QEMU is told that its guest has DEV as its NIC and boots from it, to the array NIC. It
# has the virtio of today: QEMU gives the ROM that is named the device's number as it is, and iPXE's is for that one.
nic_words() {
	local options

	options=$(printf ',%s' "type=vhost-vdpa,id=net,vhostdev=$(vhost_of "$1")" "${@:2}")
	NIC=(-netdev "${options:1}" -device
		"virtio-net-pci,netdev=net,mac=$GUEST_MAC,disable-legacy=on,romfile=$IPXE,bootindex=0")
}

# qemu_start NAME OPTION… - a guest. Its memory is shared, as the simulated parents want it.
qemu_start() {
	local name=$1 pipe=$BATS_TEST_TMPDIR/$1
	shift

	rm -f "$pipe".{in,out}
	mkfifo "$pipe".{in,out}
	: >"$pipe.events"
	start "$QEMU" -M q35,memory-backend=memory -accel tcg -m 64 -nodefaults -no-user-config -display none \
		-object memory-backend-memfd,id=memory,size=64M,share=on -serial "file:$pipe.serial" \
		-chardev "pipe,id=qmp,path=$pipe" -mon chardev=qmp,mode=control "$@"
	echo "$PID" >"$pipe.pid"
	ln -sf "$OUT" "$pipe.log"
	# What is written before QEMU has opened the pipe is lost: its greeting comes first.
	_qmp_line "$name" && qmp "$name" qmp_capabilities || fail "QEMU $name does not start:" "$(qemu_log "$name")"
}

qemu_pid() { cat "$BATS_TEST_TMPDIR/$1.pid"; }
qemu_log() { cat "$BATS_TEST_TMPDIR/$1.log"; }

# qmp NAME COMMAND [ARGUMENTS] - QEMU's answer, as JSON, is $ANSWER; fails where it is an error.
qmp() {
	local name=$1 pipe=$BATS_TEST_TMPDIR/$1

	echo "{\"execute\":\"$2\"${3:+,\"arguments\":$3}}" 1<>"$pipe.in"
	while _qmp_line "$name"; do
		case $ANSWER in
		'{"return"'*) return 0 ;;
		'{"error"'*) return 1 ;;
		*) echo "$ANSWER" >>"$pipe.events" ;;
		esac
	done
	fail "QEMU $name does not answer $2:" "$(qemu_log "$name")"
}

# Sets $ANSWER to QEMU's next line; fails if there is none.
_qmp_line() {
	local tries=1200 part=

	until IFS= read -rt 0.1 ANSWER <>"$BATS_TEST_TMPDIR/$1.out"; do
		part+=$ANSWER
		alive "$(qemu_pid "$1")" && ((tries--)) || return
	done
	ANSWER=${part}${ANSWER%$'\r'}
}

# runs NAME - tests whether QEMU reports that its guest runs.
runs() { qmp "$1" query-status && [[ $ANSWER = *'"status": "running"'* ]]; }

# migration_is NAME STATUS - as its source sees it
migration_is() { qmp "$1" query-migrate && [[ $ANSWER = *"\"status\": \"$2\""* ]]; }

# quit NAME - ends QEMU, which may exit before its answer is read. Afterwards all its threads have ended and its devices
# are free.
quit() {
	local pid

	pid=$(qemu_pid "$1")
	echo '{"execute":"quit"}' 1<>"$BATS_TEST_TMPDIR/$1.in"
	wait_until 20 ended "$pid" && wait "$pid" || fail "QEMU $1 has not quit as it should:" "$(qemu_log "$1")"
}

# qmp_refuses NAME PATTERN COMMAND [ARGUMENTS] - QEMU must refuse the command with an error that matches PATTERN.
qmp_refuses() {
	! qmp "$1" "${@:3}" || fail "QEMU $1 does it: ${*:3}" || return
	assert_match "$ANSWER" "$2"
}
