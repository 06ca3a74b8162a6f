// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that sends numbered frames, to itself or to a peer that sends some in its turn, and knows
 * of each that comes whether it is the next.
 *
 * The numbers tell what is missing. Frames that the switch had handed to the guest's device, but
 * that the guest had not got when the device was suspended, or that were sent until its next one
 * started, were on the wire: a network may lose those, and no others.
 */
#include <inttypes.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "guest.h"

#define RX	0
#define TX	1

/**
 * struct port - one end of the wire
 * @mac: its address
 * @free: frames to send with
 * @sent: frames that were given to the device
 * @gone: those of them that it has given back
 * @next: number of the frame that should come next
 * @wire_from: frames from this number on to before @wire_to were on the wire when the receiver had
 *	no device
 * @wire_to: see there
 * @received: frames that came in order
 * @on_wire: frames that are missing, of those
 * @lost: frames that are missing, of all others
 * @repeated: frames that came a second time, or too late
 * @wrong: frames with another content than their number says
 */
struct port {
	uint8_t mac[6];
	struct frame *free;
	uint64_t sent;
	uint64_t gone;
	uint64_t next;
	uint64_t wire_from;
	uint64_t wire_to;
	uint64_t received;
	uint64_t on_wire;
	uint64_t lost;
	uint64_t repeated;
	uint64_t wrong;
};

struct net_peer {
	struct vmm vmm;
	struct port port;
};

static unsigned int queues(const struct guest_options *options)
{
	(void)options;
	return 2;
}

static void offer(struct vmm *vmm, struct frame *frame)
{
	struct vmm_buf buf = { frame, sizeof(frame->hdr) + FRAME_MAX };

	if (!vmm_add(vmm, &vmm->vqs[RX], &buf, 0, 1, frame))
		vmm_fail("the receive ring is full");
}

static void furnish(struct vmm *vmm, struct port *port, const struct guest_options *options)
{
	struct frame *frame;
	unsigned long i;

	vmm_config(vmm, 0, port->mac, sizeof(port->mac));
	for (i = 0; i < options->depth; i++) {
		offer(vmm, vmm_alloc(vmm, sizeof(*frame)));
		frame = vmm_alloc(vmm, sizeof(*frame));
		frame->next_free = port->free;
		port->free = frame;
	}
}

static void create(struct monitor *monitor)
{
	const struct guest_options *options = &monitor->guest->options;
	struct port *port;

	if (options->size < FRAME_MIN || options->size > FRAME_MAX)
		vmm_fail("a frame has %u to %u bytes", FRAME_MIN, FRAME_MAX);
	port = vmm_alloc(&monitor->device, sizeof(*port));
	furnish(&monitor->device, port, options);
	monitor->guest->own = port;
}

struct net_peer *net_peer_open(const char *node, const struct guest *guest)
{
	struct net_peer *peer = calloc(1, sizeof(*peer));
	struct vmm *vmm;

	if (!peer)
		vmm_fail_errno("calloc");
	vmm = &peer->vmm;
	vmm_open(vmm, node, 16 << 20);
	if (vmm->device_id != VIRTIO_ID_NET)
		vmm_fail("%s is no network device", node);
	vmm_share(vmm);
	vmm_negotiate(vmm, guest_net.features);
	vmm_setup_vqs(vmm, 2, 0);
	furnish(vmm, &peer->port, &guest->options);
	vmm_start(vmm);
	vmm_kick(&vmm->vqs[RX]);
	return peer;
}

struct vmm *net_peer_vmm(struct net_peer *peer)
{
	return &peer->vmm;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Frames from @port->next on to before @number are missing. */
static void miss(struct port *port, uint64_t number)
{
	uint64_t from = most(port->next, port->wire_from), to = least(number, port->wire_to);
	uint64_t on_wire = from < to ? to - from : 0;

	port->on_wire += on_wire;
	port->lost += number - port->next - on_wire;
	port->next = number;
}

static void take(struct port *port, const struct frame *frame, uint32_t len, size_t size)
{
	if (!frame_is_numbered(frame))
		return;
	if (frame->number < port->next) {
		port->repeated++;
		return;
	}
	miss(port, frame->number);
	port->next++;
	port->received++;
	port->wrong += !frame_is_right(frame, len, size);
}

static void collect(struct vmm *vmm, struct port *port, size_t size)
{
	bool any = false;
	uint32_t len;
	void *cookie;

	while (vmm_get(&vmm->vqs[TX], &len, &cookie)) {
		struct frame *frame = cookie;

		frame->next_free = port->free;
		port->free = frame;
		port->gone++;
	}
	while (vmm_get(&vmm->vqs[RX], &len, &cookie)) {
		take(port, cookie, len, size);
		offer(vmm, cookie);
		any = true;
	}
	if (any)
		vmm_kick(&vmm->vqs[RX]);
}

/* No more on the way than the receiver has buffers for. What was on the wire counts as arrived. */
static void send_some(struct vmm *vmm, struct port *port, const struct port *to,
		      const struct guest_options *options)
{
	while (port->free && port->sent < most(to->next, to->wire_to) + options->depth) {
		struct frame *frame = port->free;
		struct vmm_buf buf = { frame, sizeof(frame->hdr) + options->size };

		port->free = frame->next_free;
		frame_fill(frame, to->mac, port->mac, port->sent++, options->size);
		if (!vmm_add(vmm, &vmm->vqs[TX], &buf, 1, 0, frame))
			vmm_fail("the transmit ring is full");
		vmm_kick(&vmm->vqs[TX]);
	}
}

/* Who sends to the guest. */
static const struct port *sender(const struct monitor *monitor)
{
	return monitor->peer ? &monitor->peer->port : monitor->guest->own;
}

static void work_peer(struct monitor *monitor, bool submit)
{
	const struct guest_options *options = &monitor->guest->options;
	struct net_peer *peer = monitor->peer;

	collect(&peer->vmm, &peer->port, options->size);
	if (submit)
		send_some(&peer->vmm, &peer->port, monitor->guest->own, options);
}

static void work(struct monitor *monitor, bool submit)
{
	const struct guest_options *options = &monitor->guest->options;
	struct port *port = monitor->guest->own;

	if (monitor->peer)
		work_peer(monitor, submit);
	if (!monitor->working)
		return;
	collect(&monitor->device, port, options->size);
	if (submit)
		send_some(&monitor->device, port, monitor->peer ? &monitor->peer->port : port,
			  options);
}

static uint64_t completed(const struct guest *guest)
{
	const struct port *port = guest->own;

	return port->gone + port->received;
}

static bool settled(const struct monitor *monitor)
{
	const struct port *port = monitor->guest->own;

	if (port->gone < port->sent || port->next < sender(monitor)->sent)
		return false;
	return !monitor->peer || monitor->peer->port.next == port->sent;
}

static void stopped(struct monitor *monitor)
{
	struct port *port = monitor->guest->own;

	port->wire_from = port->next;
	port->wire_to = most(port->wire_to, sender(monitor)->gone);
}

/* The frames of its own that its last device had not sent, this one does. */
static void continued(struct monitor *monitor)
{
	struct port *port = monitor->guest->own;

	if (monitor->peer)
		port->wire_to = monitor->peer->port.sent;
}

/* What is still missing does not come any more. */
static bool is_well(struct port *port, const struct port *from)
{
	miss(port, from->sent);
	return !port->lost && !port->repeated && !port->wrong;
}

static bool verify(struct monitor *monitor)
{
	struct port *port = monitor->guest->own;
	bool well = is_well(port, sender(monitor));

	if (monitor->peer && !is_well(&monitor->peer->port, port))
		well = false;
	if (monitor->peer && monitor->peer->port.on_wire)
		well = false;
	return well && port->gone == port->sent;
}

static void count_port(FILE *out, const char *prefix, const struct port *port)
{
	fprintf(out, "%ssent=%" PRIu64 " %sreceived=%" PRIu64 " %son_wire=%" PRIu64 " %slost=%" PRIu64
	       " %srepeated=%" PRIu64 " %swrong=%" PRIu64, prefix, port->sent, prefix,
	       port->received, prefix, port->on_wire, prefix, port->lost, prefix, port->repeated,
	       prefix, port->wrong);
}

static void count(const struct monitor *monitor, FILE *out)
{
	count_port(out, "", monitor->guest->own);
	if (monitor->peer) {
		fputc(' ', out);
		count_port(out, "peer_", &monitor->peer->port);
	}
}

const struct guest_class guest_net = {
	.name		= "net",
	.device_id	= VIRTIO_ID_NET,
	.features	= 1ULL << VIRTIO_NET_F_MAC,
	.options	= { .depth = 32, .size = 128 },
	.queues		= queues,
	.create		= create,
	.work		= work,
	.completed	= completed,
	.settled	= settled,
	.stopped	= stopped,
	.continued	= continued,
	.verify		= verify,
	.count		= count,
};
