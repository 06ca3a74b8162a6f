// SPDX-License-Identifier: GPL-2.0-only
/*
 * The private state of a simulated NIC: the driver's settings from its control queue, and received
 * frames that wait for buffers.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vdpa_migration.h>

#include "net.h"

/**
 * struct state_fixed - the first part of the stream
 * @mac: address
 * @pairs: number of queue pairs that the driver receives on
 * @n_unicast: number of further unicast addresses, which follow
 * @n_multicast: number of multicast addresses, which follow those
 * @promisc: as struct net_filter
 * @allmulti: the same
 * @vlans_only: the same
 * @zero: reserved, 0
 * @vlans: VLAN IDs: bit n % 8 of byte n / 8
 *
 * Frames follow the addresses, each after a struct state_frame. A struct state_frame with length 0
 * is the end.
 */
struct state_fixed {
	u8 mac[ETH_ALEN];
	__le16 pairs;
	__le16 n_unicast;
	__le16 n_multicast;
	u8 promisc;
	u8 allmulti;
	u8 vlans_only;
	u8 zero;
	u8 vlans[VLAN_N_VID / BITS_PER_BYTE];
} __packed;

struct state_frame {
	__le32 len;	/* bytes; 0: no more */
	__le16 pair;
} __packed;

/**
 * struct net_state - a private state
 * @mac: address
 * @pairs: number of queue pairs that the driver receives on
 * @filter: receive filter
 * @extra: further addresses, from kcalloc(), or NULL
 * @n_extra: their number
 * @frames: waiting frames of each queue pair
 */
struct net_state {
	u8 mac[ETH_ALEN];
	u16 pairs;
	struct net_filter filter;
	struct net_addr *extra;
	unsigned int n_extra;
	struct sk_buff_head frames[NET_PAIRS_MAX];
};

void net_state_free(struct net_state *state)
{
	unsigned int i;

	if (!state)
		return;
	for (i = 0; i < NET_PAIRS_MAX; i++)
		__skb_queue_purge(&state->frames[i]);
	kfree(state->extra);
	kfree(state);
}

static struct net_state *state_new(void)
{
	struct net_state *state = kzalloc(sizeof(*state), GFP_KERNEL);
	unsigned int i;

	for (i = 0; state && i < NET_PAIRS_MAX; i++)
		__skb_queue_head_init(&state->frames[i]);
	return state;
}

/* Clone the waiting frames. Frames that arrive later are lost in a migration. */
static int copy_frames(struct simnet *net, struct net_state *state)
{
	struct sk_buff *skb, *clone;
	int err = 0;
	u16 i;

	spin_lock(&net->rx_lock);
	for (i = 0; !err && i < net->max_pairs; i++) {
		skb_queue_walk(&net->backlog[i].frames, skb) {
			clone = skb_clone(skb, GFP_ATOMIC);
			if (!clone) {
				err = -ENOMEM;
				break;
			}
			__skb_queue_tail(&state->frames[i], clone);
		}
	}
	state->pairs = net->pairs;
	state->filter = net->filter;
	spin_unlock(&net->rx_lock);
	return err;
}

static struct net_state *take_state(struct simnet *net)
{
	struct net_state *state = state_new();
	int err;

	if (!state)
		return ERR_PTR(-ENOMEM);
	spin_lock(&net->sim.state_lock);
	ether_addr_copy(state->mac, net->mac);
	spin_unlock(&net->sim.state_lock);
	err = copy_frames(net, state);
	if (!err) {
		state->extra = net_switch_copy_extra(net, &state->n_extra);
		if (IS_ERR(state->extra)) {
			err = PTR_ERR(state->extra);
			state->extra = NULL;
		}
	}
	if (!err)
		return state;
	net_state_free(state);
	return ERR_PTR(err);
}

static int write_fixed(const struct net_state *state, struct vdpa_migration_writer *to)
{
	struct state_fixed fixed = {
		.pairs = cpu_to_le16(state->pairs),
		.n_unicast = cpu_to_le16(state->n_extra),
		.n_multicast = cpu_to_le16(state->filter.n_multicast),
		.promisc = state->filter.promisc,
		.allmulti = state->filter.allmulti,
		.vlans_only = state->filter.vlans_only,
	};
	unsigned int vid;

	ether_addr_copy(fixed.mac, state->mac);
	for_each_set_bit(vid, state->filter.vlans, VLAN_N_VID)
		fixed.vlans[vid / BITS_PER_BYTE] |= BIT(vid % BITS_PER_BYTE);
	return to->write(to, &fixed, sizeof(fixed));
}

static int write_addresses(const struct net_state *state, struct vdpa_migration_writer *to)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < state->n_extra; i++)
		err = to->write(to, state->extra[i].mac, ETH_ALEN);
	for (i = 0; !err && i < state->filter.n_multicast; i++)
		err = to->write(to, state->filter.multicast[i], ETH_ALEN);
	return err;
}

static int write_frames(const struct net_state *state, struct vdpa_migration_writer *to)
{
	struct state_frame head = {};
	struct sk_buff *skb;
	unsigned int i;
	int err;

	for (i = 0; i < NET_PAIRS_MAX; i++) {
		skb_queue_walk(&state->frames[i], skb) {
			head.len = cpu_to_le32(skb->len);
			head.pair = cpu_to_le16(i);
			err = to->write(to, &head, sizeof(head)) ?:
			      to->write(to, skb->data, skb->len);
			if (err)
				return err;
		}
	}
	head = (struct state_frame) {};
	return to->write(to, &head, sizeof(head));
}

/**
 * net_state_save - write the private state of a NIC
 * @sim: NIC, suspended
 * @to: destination
 *
 * May sleep. Return: 0 or an error.
 */
int net_state_save(struct vdpasim *sim, struct vdpa_migration_writer *to)
{
	struct net_state *state = take_state(sim_to_simnet(sim));
	int err;

	if (IS_ERR(state))
		return PTR_ERR(state);
	err = write_fixed(state, to) ?: write_addresses(state, to) ?: write_frames(state, to);
	net_state_free(state);
	return err;
}

static int read_addresses(struct net_state *state, struct vdpa_migration_reader *from)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < state->n_extra; i++) {
		err = from->read(from, state->extra[i].mac, ETH_ALEN);
		if (!err && !is_valid_ether_addr(state->extra[i].mac))
			err = -EINVAL;
	}
	for (i = 0; !err && i < state->filter.n_multicast; i++)
		err = from->read(from, state->filter.multicast[i], ETH_ALEN);
	return err;
}

static int take_fixed(const struct simnet *net, const struct state_fixed *fixed,
		      struct net_state *state)
{
	struct net_filter *filter = &state->filter;
	unsigned int vid;

	state->pairs = le16_to_cpu(fixed->pairs);
	state->n_extra = le16_to_cpu(fixed->n_unicast);
	filter->n_multicast = le16_to_cpu(fixed->n_multicast);
	if (!is_valid_ether_addr(fixed->mac) || !state->pairs || state->pairs > net->max_pairs ||
	    state->n_extra > NET_FILTER_MAX || filter->n_multicast > NET_FILTER_MAX || fixed->zero)
		return -EINVAL;

	ether_addr_copy(state->mac, fixed->mac);
	filter->promisc = fixed->promisc;
	filter->allmulti = fixed->allmulti;
	filter->vlans_only = fixed->vlans_only;
	for (vid = 0; vid < VLAN_N_VID; vid++)
		if (fixed->vlans[vid / BITS_PER_BYTE] & BIT(vid % BITS_PER_BYTE))
			__set_bit(vid, filter->vlans);
	if (!state->n_extra)
		return 0;
	state->extra = kcalloc(state->n_extra, sizeof(*state->extra), GFP_KERNEL);
	return state->extra ? 0 : -ENOMEM;
}

static int read_frame(const struct simnet *net, struct net_state *state, u16 pair, u32 len,
		      struct vdpa_migration_reader *from)
{
	struct sk_buff *skb;

	if (pair >= net->max_pairs || len < ETH_HLEN || len > NET_FRAME_MAX ||
	    skb_queue_len(&state->frames[pair]) >= NET_BACKLOG_FRAMES)
		return -EINVAL;
	skb = alloc_skb(len, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	__skb_queue_tail(&state->frames[pair], skb);
	return from->read(from, skb_put(skb, len), len);
}

static int read_frames(const struct simnet *net, struct net_state *state,
		       struct vdpa_migration_reader *from)
{
	struct state_frame head;
	int err;

	for (;;) {
		err = from->read(from, &head, sizeof(head));
		if (err || !head.len)
			return err;
		err = read_frame(net, state, le16_to_cpu(head.pair), le32_to_cpu(head.len), from);
		if (err)
			return err;
		cond_resched();
	}
}

static int read_state(const struct simnet *net, struct net_state *state,
		      struct vdpa_migration_reader *from)
{
	struct state_fixed fixed;
	int err;

	err = from->read(from, &fixed, sizeof(fixed)) ?: take_fixed(net, &fixed, state) ?:
	      read_addresses(state, from) ?: read_frames(net, state, from);
	if (!err && from->left)
		err = -EINVAL;
	return err;
}

/* Under rx_lock. Frames that arrived here before are not for the migrated driver. */
static void swap_backlog(struct net_backlog *backlog, struct sk_buff_head *frames)
{
	struct sk_buff_head old;
	struct sk_buff *skb;

	__skb_queue_head_init(&old);
	skb_queue_splice_init(&backlog->frames, &old);
	backlog->bytes = 0;
	skb_queue_walk(frames, skb)
		backlog->bytes += skb->truesize;
	skb_queue_splice_init(frames, &backlog->frames);
	skb_queue_splice_init(&old, frames);
}

/**
 * net_state_apply - set the state of a NIC
 * @net: NIC with stopped queues
 * @state: the state, which is consumed
 *
 * May sleep. Under sim->lock.
 */
void net_state_apply(struct simnet *net, struct net_state *state)
{
	u16 i;

	net_switch_extra(net, state->extra, state->n_extra);
	state->extra = NULL;
	net_set_mac(net, state->mac, false);

	spin_lock(&net->rx_lock);
	net->filter = state->filter;
	net->pairs = state->pairs;
	for (i = 0; i < net->max_pairs; i++)
		swap_backlog(&net->backlog[i], &state->frames[i]);
	spin_unlock(&net->rx_lock);
	net_state_free(state);
}

/**
 * net_state_resume - drop the state before the last load
 * @sim: NIC
 *
 * May sleep. Under sim->lock.
 */
void net_state_resume(struct vdpasim *sim)
{
	struct simnet *net = sim_to_simnet(sim);

	net_state_free(net->old);
	net->old = NULL;
}

/* Load a state: at once if suspended, else at the next start. */
static int load_state(struct simnet *net, struct net_state *state)
{
	struct net_state *old = net->loaded;

	if (net->sim.suspended)
		old = take_state(net);
	if (IS_ERR(old))
		return PTR_ERR(old);
	net_state_free(net->old);
	net->old = old;
	if (net->sim.suspended)
		net_state_apply(net, state);
	else
		net->loaded = state;
	return 0;
}

/**
 * net_state_load - load a private state
 * @sim: NIC with stopped queues
 * @from: the stream
 *
 * May sleep. Under sim->lock. Return: 0, or an error and nothing has changed.
 */
int net_state_load(struct vdpasim *sim, struct vdpa_migration_reader *from)
{
	struct simnet *net = sim_to_simnet(sim);
	struct net_state *state = state_new();
	int err;

	if (!state)
		return -ENOMEM;
	err = read_state(net, state, from);
	if (err) {
		net_state_free(state);
		return err;
	}
	err = load_state(net, state);
	if (err)
		net_state_free(state);
	return err;
}

/**
 * net_state_unload - undo the last load
 * @sim: NIC with stopped queues
 *
 * May sleep. Under sim->lock.
 */
void net_state_unload(struct vdpasim *sim)
{
	struct simnet *net = sim_to_simnet(sim);

	if (sim->suspended && net->old) {
		net_state_apply(net, net->old);
	} else {
		net_state_free(net->loaded);
		net->loaded = net->old;
	}
	net->old = NULL;
}
