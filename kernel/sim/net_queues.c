// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive and transmit queues of a simulated NIC.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/skbuff.h>
#include <linux/virtio_byteorder.h>
#include <uapi/linux/virtio_net.h>

#include "net.h"

static const char *const rx_stat_names[] = {
	[NET_STAT_PACKETS - VDPASIM_STAT_CLASS]		= "rx packets",
	[NET_STAT_BYTES - VDPASIM_STAT_CLASS]		= "rx bytes",
	[NET_STAT_ERRORS - VDPASIM_STAT_CLASS]		= "rx errors",
	[NET_STAT_OVERRUNS - VDPASIM_STAT_CLASS]	= "rx overruns",
	NULL
};

static const char *const tx_stat_names[] = {
	[NET_STAT_PACKETS - VDPASIM_STAT_CLASS]		= "tx packets",
	[NET_STAT_BYTES - VDPASIM_STAT_CLASS]		= "tx bytes",
	[NET_STAT_ERRORS - VDPASIM_STAT_CLASS]		= "tx errors",
	[NET_STAT_DROPS - VDPASIM_STAT_CLASS]		= "tx drops",
	NULL
};

static const char *const ctrl_stat_names[] = {
	[NET_STAT_REQUESTS - VDPASIM_STAT_CLASS]	= "cvq requests",
	[NET_STAT_SUCCESSES - VDPASIM_STAT_CLASS]	= "cvq successes",
	[NET_STAT_FAILURES - VDPASIM_STAT_CLASS]	= "cvq errors",
	NULL
};

static const char *const no_stat_names[] = { NULL };

enum net_role {
	NET_ROLE_RX,
	NET_ROLE_TX,
	NET_ROLE_CTRL,
	NET_ROLE_NONE,
};

/*
 * The control queue follows the last possible pair: the first one if the driver has not negotiated
 * MQ. Before the negotiation, assume all offered features.
 */
static enum net_role role_of(struct simnet *net, u16 idx)
{
	u64 features = READ_ONCE(net->sim.features) ?: net->sim.offered;
	u16 pairs = features & BIT_ULL(VIRTIO_NET_F_MQ) ? net->max_pairs : 1;

	if (idx < 2 * pairs)
		return idx % 2 ? NET_ROLE_TX : NET_ROLE_RX;
	if (idx == 2 * pairs && features & BIT_ULL(VIRTIO_NET_F_CTRL_VQ))
		return NET_ROLE_CTRL;
	return NET_ROLE_NONE;
}

u32 net_vq_group(struct vdpasim *sim, u16 idx)
{
	return role_of(sim_to_simnet(sim), idx) == NET_ROLE_CTRL ? NET_GROUP_CTRL : NET_GROUP_DATA;
}

static u32 frame_max(const struct simnet *net)
{
	return READ_ONCE(net->mtu) + ETH_HLEN + VLAN_HLEN;
}

/*
 * Read the frame of a chain. @skb is set to NULL if it cannot be sent. Return: 0, or an error if
 * the device is in NEEDS_RESET.
 */
static int pull_frame(struct simnet *net, struct vdpasim_vq *vq, struct vdpasim_iter *from,
		      struct sk_buff **skb)
{
	struct virtio_net_hdr_v1 hdr;
	u32 len;

	*skb = NULL;
	if (from->left < sizeof(hdr) + ETH_HLEN || from->left > sizeof(hdr) + frame_max(net))
		return 0;
	if (vdpasim_pull(vq, from, &hdr, sizeof(hdr)))
		return -EIO;
	/* No offload is offered. */
	if (hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE || hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		return 0;

	len = from->left;
	*skb = alloc_skb(len, GFP_KERNEL);
	if (!*skb)
		return 0;
	return vdpasim_pull(vq, from, skb_put(*skb, len), len);
}

static enum vdpasim_step tx_step(struct simnet *net, struct vdpasim_vq *vq, u32 *bytes)
{
	struct vdpasim_chain chain;
	enum vdpasim_step step;
	struct sk_buff *skb;

	step = vdpasim_ring_next(vq, 0, &chain);
	if (step != VDPASIM_STEP_DONE)
		return step;
	if (chain.in.left) {
		vdpasim_broken(vq, "writable buffer in a transmit queue");
		return VDPASIM_STEP_BROKEN;
	}

	if (pull_frame(net, vq, &chain.out, &skb) || vdpasim_ring_complete(vq, chain.head, 0)) {
		kfree_skb(skb);
		return VDPASIM_STEP_BROKEN;
	}
	if (!skb) {
		vdpasim_count(vq, NET_STAT_ERRORS, 1);
		return VDPASIM_STEP_DONE;
	}

	*bytes += skb->len;
	vdpasim_count(vq, NET_STAT_PACKETS, 1);
	vdpasim_count(vq, NET_STAT_BYTES, skb->len);
	if (!net_switch_send(net, vq->index / 2, skb))
		vdpasim_count(vq, NET_STAT_DROPS, 1);
	return VDPASIM_STEP_DONE;
}

/* Receive a frame without mergeable buffers: into one chain. */
static enum vdpasim_step push_frame(struct vdpasim_vq *vq, const struct sk_buff *skb)
{
	struct virtio_net_hdr_v1 hdr = { .num_buffers = __cpu_to_virtio16(true, 1) };
	u32 len = sizeof(hdr) + skb->len;
	struct vdpasim_chain chain;
	enum vdpasim_step step;

	step = vdpasim_ring_next(vq, 0, &chain);
	if (step != VDPASIM_STEP_DONE)
		return step;
	if (chain.out.left) {
		vdpasim_broken(vq, "readable buffer in a receive queue");
		return VDPASIM_STEP_BROKEN;
	}
	if (chain.in.left < len) {
		vdpasim_ring_rewind(vq, 1);
		vdpasim_count(vq, NET_STAT_ERRORS, 1);
		return VDPASIM_STEP_DONE;
	}

	if (vdpasim_push(vq, &chain.in, &hdr, sizeof(hdr)) ||
	    vdpasim_push(vq, &chain.in, skb->data, skb->len) ||
	    vdpasim_ring_complete(vq, chain.head, len))
		return VDPASIM_STEP_BROKEN;
	vdpasim_count(vq, NET_STAT_PACKETS, 1);
	vdpasim_count(vq, NET_STAT_BYTES, skb->len);
	return VDPASIM_STEP_DONE;
}

/**
 * struct merge - a frame that is written to as many chains as it needs
 * @vq: receive queue
 * @skb: frame
 * @done: bytes written so far
 * @n: chains used so far
 * @n_at: addresses of the two bytes of num_buffers in the first chain; they may be in two buffers
 */
struct merge {
	struct vdpasim_vq *vq;
	const struct sk_buff *skb;
	u32 done;
	u16 n;
	u64 n_at[2];
};

static int push_merge_header(struct merge *merge, struct vdpasim_iter *to)
{
	struct vdpasim_iter at = *to;
	struct virtio_net_hdr_v1 hdr = {};

	if (to->left < sizeof(hdr)) {
		vdpasim_broken(merge->vq, "receive buffer has no room for a header");
		return -EIO;
	}
	vdpasim_skip(&at, offsetof(struct virtio_net_hdr_v1, num_buffers));
	merge->n_at[0] = vdpasim_iova(&at);
	vdpasim_skip(&at, 1);
	merge->n_at[1] = vdpasim_iova(&at);
	return vdpasim_push(merge->vq, to, &hdr, sizeof(hdr));
}

static enum vdpasim_step push_merge_chain(struct merge *merge)
{
	struct vdpasim_vq *vq = merge->vq;
	struct vdpasim_chain chain;
	enum vdpasim_step step;
	u32 room, len;

	step = vdpasim_ring_next(vq, merge->n, &chain);
	if (step != VDPASIM_STEP_DONE)
		return step;
	if (chain.out.left || !chain.in.left) {
		vdpasim_broken(vq, "readable or no buffer in a receive queue");
		return VDPASIM_STEP_BROKEN;
	}

	room = chain.in.left;
	if (!merge->n && push_merge_header(merge, &chain.in))
		return VDPASIM_STEP_BROKEN;
	len = min(chain.in.left, merge->skb->len - merge->done);
	if (vdpasim_push(vq, &chain.in, merge->skb->data + merge->done, len) ||
	    vdpasim_ring_put(vq, merge->n, chain.head, room - chain.in.left))
		return VDPASIM_STEP_BROKEN;
	merge->done += len;
	merge->n++;
	return VDPASIM_STEP_DONE;
}

static int end_merge(struct merge *merge)
{
	__virtio16 n = __cpu_to_virtio16(true, merge->n);
	const u8 *byte = (const u8 *)&n;
	int i;

	for (i = 0; i < 2; i++) {
		if (vdpasim_write(merge->vq, merge->n_at[i], &byte[i], 1)) {
			vdpasim_broken(merge->vq, "writable buffer is not mapped");
			return -EIO;
		}
	}
	return vdpasim_ring_publish(merge->vq, merge->n);
}

/* Receive a frame with mergeable buffers: into several chains. */
static enum vdpasim_step push_frame_merged(struct vdpasim_vq *vq, const struct sk_buff *skb)
{
	struct merge merge = { .vq = vq, .skb = skb };
	enum vdpasim_step step;

	do {
		step = push_merge_chain(&merge);
	} while (step == VDPASIM_STEP_DONE && merge.done < skb->len);

	if (step == VDPASIM_STEP_EMPTY) {
		vdpasim_ring_rewind(vq, merge.n);
		if (merge.n < vq->num)
			return step;
		/* Even all chains of a full ring are too small. */
		vdpasim_count(vq, NET_STAT_ERRORS, 1);
		return VDPASIM_STEP_DONE;
	}
	if (step != VDPASIM_STEP_DONE || end_merge(&merge))
		return VDPASIM_STEP_BROKEN;
	vdpasim_count(vq, NET_STAT_PACKETS, 1);
	vdpasim_count(vq, NET_STAT_BYTES, skb->len);
	return VDPASIM_STEP_DONE;
}

/* The frame stays in the backlog until it is written; only this queue's worker removes it. */
static enum vdpasim_step rx_step(struct simnet *net, struct vdpasim_vq *vq, u32 *bytes)
{
	struct net_backlog *backlog = &net->backlog[vq->index / 2];
	enum vdpasim_step step;
	struct sk_buff *skb;

	spin_lock(&net->rx_lock);
	skb = skb_peek(&backlog->frames);
	spin_unlock(&net->rx_lock);
	if (!skb)
		return VDPASIM_STEP_IDLE;

	if (skb->len > frame_max(net)) {
		vdpasim_count(vq, NET_STAT_ERRORS, 1);
		step = VDPASIM_STEP_DONE;
	} else if (vdpasim_has(vq->sim, VIRTIO_NET_F_MRG_RXBUF)) {
		step = push_frame_merged(vq, skb);
	} else {
		step = push_frame(vq, skb);
	}
	if (step != VDPASIM_STEP_DONE)
		return step;

	spin_lock(&net->rx_lock);
	__skb_unlink(skb, &backlog->frames);
	backlog->bytes -= skb->truesize;
	spin_unlock(&net->rx_lock);
	*bytes += skb->len;
	consume_skb(skb);
	return VDPASIM_STEP_DONE;
}

enum vdpasim_step net_step(struct vdpasim_vq *vq, u32 *bytes)
{
	struct simnet *net = sim_to_simnet(vq->sim);

	switch (role_of(net, vq->index)) {
	case NET_ROLE_RX:
		return rx_step(net, vq, bytes);
	case NET_ROLE_TX:
		return tx_step(net, vq, bytes);
	case NET_ROLE_CTRL:
		return net_ctrl_step(vq);
	default:
		return VDPASIM_STEP_IDLE;
	}
}

const char *const *net_stat_names(struct vdpasim *sim, u16 idx)
{
	static const char *const *const names[] = {
		[NET_ROLE_RX]	= rx_stat_names,
		[NET_ROLE_TX]	= tx_stat_names,
		[NET_ROLE_CTRL]	= ctrl_stat_names,
		[NET_ROLE_NONE]	= no_stat_names,
	};

	return names[role_of(sim_to_simnet(sim), idx)];
}
