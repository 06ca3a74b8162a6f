// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdpasim_net: simulated NICs with a switch between them. This file is a NIC and its data queues.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vdpa_migration.h>
#include <linux/vdpa_refusal.h>
#include <linux/virtio_byteorder.h>
#include <uapi/linux/vdpa.h>
#include <uapi/linux/virtio_ids.h>

#include "net.h"

/* The control queue has a group, and with it an address space, of its own. */
enum {
	NET_GROUP_DATA,
	NET_GROUP_CTRL,
	NET_GROUPS,
};

#define NET_FEATURES	(VDPASIM_FEATURES | \
			 BIT_ULL(VIRTIO_NET_F_MTU) | \
			 BIT_ULL(VIRTIO_NET_F_MAC) | \
			 BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) | \
			 BIT_ULL(VIRTIO_NET_F_STATUS) | \
			 NET_FEATURES_CTRL)

/* What only a control queue makes possible. */
#define NET_FEATURES_CTRL (BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
			   BIT_ULL(VIRTIO_NET_F_CTRL_RX) | \
			   BIT_ULL(VIRTIO_NET_F_CTRL_VLAN) | \
			   BIT_ULL(VIRTIO_NET_F_MQ) | \
			   BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR))

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

static struct vdpasim_parent net_parent;

/*
 * The control queue comes behind the last pair that there can be: one only, if the driver has not
 * accepted multiqueue. Before it has accepted anything, it is where it would be if it accepts all.
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

static u32 net_vq_group(struct vdpasim *sim, u16 idx)
{
	return role_of(sim_to_simnet(sim), idx) == NET_ROLE_CTRL ? NET_GROUP_CTRL : NET_GROUP_DATA;
}

static u32 frame_max(const struct simnet *net)
{
	return net->mtu + ETH_HLEN + VLAN_HLEN;
}

/*
 * Reads the frame of a chain. @skb is NULL where there is none that can be sent. Returns an error
 * where the device is in NEEDS_RESET.
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
	/* No offload is on offer. */
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

/* A frame for a driver that gives one chain for each. */
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
 * struct merge - a frame that is being spread over as many chains as it needs
 * @vq: receive queue
 * @skb: frame
 * @done: bytes of it that are written
 * @n: chains that are used
 * @n_at: where in the first chain the two bytes of their number go: they need not be neighbours
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

/* A frame for a driver that takes it in several chains. */
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
		/* Not even all that the ring can hold are enough. */
		vdpasim_count(vq, NET_STAT_ERRORS, 1);
		return VDPASIM_STEP_DONE;
	}
	if (step != VDPASIM_STEP_DONE || end_merge(&merge))
		return VDPASIM_STEP_BROKEN;
	vdpasim_count(vq, NET_STAT_PACKETS, 1);
	vdpasim_count(vq, NET_STAT_BYTES, skb->len);
	return VDPASIM_STEP_DONE;
}

/* The frame stays in the backlog until it is done with: only this queue's worker takes it out. */
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

static enum vdpasim_step net_step(struct vdpasim_vq *vq, u32 *bytes)
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

static void net_fill_config(struct vdpasim *sim, void *buf)
{
	struct simnet *net = sim_to_simnet(sim);
	struct virtio_net_config *config = buf;

	static_assert(sizeof(*config) <= VDPASIM_CONFIG_MAX);
	ether_addr_copy(config->mac, net->mac);
	config->status = __cpu_to_virtio16(true, VIRTIO_NET_S_LINK_UP);
	config->max_virtqueue_pairs = __cpu_to_virtio16(true, net->max_pairs);
	config->mtu = __cpu_to_virtio16(true, net->mtu);
}

static const char *const *net_stat_names(struct vdpasim *sim, u16 idx)
{
	static const char *const *const names[] = {
		[NET_ROLE_RX]	= rx_stat_names,
		[NET_ROLE_TX]	= tx_stat_names,
		[NET_ROLE_CTRL]	= ctrl_stat_names,
		[NET_ROLE_NONE]	= no_stat_names,
	};

	return names[role_of(sim_to_simnet(sim), idx)];
}

/* Until it says otherwise, a driver hears all multicast, on one queue pair. */
static void set_defaults(struct simnet *net)
{
	spin_lock(&net->rx_lock);
	memset(&net->filter, 0, sizeof(net->filter));
	net->filter.allmulti = true;
	net->filter.vlans_only = vdpasim_has(&net->sim, VIRTIO_NET_F_CTRL_VLAN);
	net->pairs = 1;
	spin_unlock(&net->rx_lock);
}

/* One that goes on from somewhere else has said it there. */
static void net_start(struct vdpasim *sim)
{
	struct simnet *net = sim_to_simnet(sim);

	if (net->loaded)
		net_state_apply(net, net->loaded);
	else
		set_defaults(net);
	net->loaded = NULL;

	spin_lock(&net->rx_lock);
	net->up = true;
	spin_unlock(&net->rx_lock);
}

static void net_stop(struct vdpasim *sim)
{
	struct simnet *net = sim_to_simnet(sim);
	struct sk_buff_head gone;
	u16 i;

	__skb_queue_head_init(&gone);
	spin_lock(&net->rx_lock);
	net->up = false;
	for (i = 0; i < net->max_pairs; i++) {
		skb_queue_splice_tail_init(&net->backlog[i].frames, &gone);
		net->backlog[i].bytes = 0;
	}
	spin_unlock(&net->rx_lock);
	__skb_queue_purge(&gone);

	net_state_free(net->loaded);
	net->loaded = NULL;
	net_switch_extra(net, NULL, 0);
	net_set_mac(net, net->given_mac, false);
}

static void net_free(struct vdpasim *sim)
{
	struct simnet *net = sim_to_simnet(sim);

	/* Where its creation failed, it may not have come that far. */
	if (!net->backlog)
		return;
	net_stop(sim);
	net_switch_remove(net);
	kfree(net->backlog);
}

/* What the device was created with: its driver's own choice of an address is private state. */
static int net_describe(struct vdpasim *sim, struct vdpa_migration_list *list)
{
	struct simnet *net = sim_to_simnet(sim);
	char text[sizeof("00:00:00:00:00:00")];
	struct vdpa_migration_attribute attr = {
		.name = "mac", .type = "string", .rule = "equal",
		.provision = true, .has_value = true, .string = text,
	};

	spin_lock(&sim->state_lock);
	snprintf(text, sizeof(text), "%pM", net->given_mac);
	spin_unlock(&sim->state_lock);
	if (sim->offered & BIT_ULL(VIRTIO_NET_F_MAC) && list->add(list, &attr))
		return -EINVAL;
	return vdpa_migration_add_u64(list, "vdpasim_net.filter_max", "at-least", NET_FILTER_MAX);
}

/* What the core cannot know: the largest MTU and number of queue pairs. */
static int net_describe_next(struct vdpa_migration_list *list)
{
	static const struct vdpa_migration_attribute attrs[] = {
		{ .name = "mtu", .type = "range", .rule = "equal", .provision = true,
		  .has_value = true, .first = ETH_MIN_MTU, .last = NET_MTU_MAX },
		{ .name = "max_vqp", .type = "range", .rule = "equal", .provision = true,
		  .has_value = true, .first = 1, .last = NET_PAIRS_MAX },
		{ .name = "vdpasim_net.filter_max", .type = "u64", .rule = "at-least",
		  .has_value = true, .num = NET_FILTER_MAX },
	};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(attrs); i++)
		err = list->add(list, &attrs[i]);
	return err;
}

static const struct vdpasim_class net_class = {
	.device_id	= VIRTIO_ID_NET,
	.config_size	= sizeof(struct virtio_net_config),
	.ngroups	= NET_GROUPS,
	.nas		= NET_GROUPS,
	.vq_group	= net_vq_group,
	.fill_config	= net_fill_config,
	.step		= net_step,
	.start		= net_start,
	.stop		= net_stop,
	.stat_names	= net_stat_names,
	.describe	= net_describe,
	.describe_next	= net_describe_next,
	.save		= net_state_save,
	.load		= net_state_load,
	.free		= net_free,
};

/**
 * net_set_mac - change the address of a device
 * @net: device
 * @mac: its address from now on
 * @given: by management: the driver is told, and a reset does not take it back
 *
 * Takes state_lock and the switch's lock, one after the other.
 */
void net_set_mac(struct simnet *net, const u8 *mac, bool given)
{
	u8 copy[ETH_ALEN];

	ether_addr_copy(copy, mac);
	spin_lock(&net->sim.state_lock);
	ether_addr_copy(net->mac, copy);
	if (given)
		ether_addr_copy(net->given_mac, copy);
	spin_unlock(&net->sim.state_lock);
	net_switch_rename(net, copy);
	if (given)
		vdpasim_config_changed(&net->sim);
}

/**
 * struct net_plan - what a device is to be like
 * @features: offered
 * @pairs: queue pairs
 * @mtu: bytes
 * @mac: address
 */
struct net_plan {
	u64 features;
	u16 pairs;
	u16 mtu;
	u8 mac[ETH_ALEN];
};

static void read_plan(const struct vdpa_dev_set_config *config, struct net_plan *plan)
{
	*plan = (struct net_plan) { .features = NET_FEATURES, .pairs = 1, .mtu = ETH_DATA_LEN };

	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MAX_VQP))
		plan->pairs = config->net.max_vq_pairs;
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU))
		plan->mtu = config->net.mtu;
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_FEATURES))
		plan->features = config->device_features;
	else if (plan->pairs == 1)
		plan->features &= ~BIT_ULL(VIRTIO_NET_F_MQ);
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR))
		ether_addr_copy(plan->mac, config->net.mac);
	else
		eth_random_addr(plan->mac);
}

/* Returns whether such a device can be; if not, has said why not. */
static bool judge_plan(struct vdpa_mgmt_dev *mdev, const struct net_plan *plan)
{
	const struct {
		bool wrong;
		enum vdpa_attr attr;
		const char *reason;
	} faults[] = {
		{ plan->features & ~NET_FEATURES, VDPA_ATTR_DEV_FEATURES,
		  "it knows not all of the features" },
		{ plan->features & NET_FEATURES_CTRL &&
		  !(plan->features & BIT_ULL(VIRTIO_NET_F_CTRL_VQ)), VDPA_ATTR_DEV_FEATURES,
		  "some of the features need CTRL_VQ" },
		{ !plan->pairs || plan->pairs > NET_PAIRS_MAX, VDPA_ATTR_DEV_NET_CFG_MAX_VQP,
		  "it does not have so many queue pairs" },
		{ plan->pairs > 1 && !(plan->features & BIT_ULL(VIRTIO_NET_F_MQ)),
		  VDPA_ATTR_DEV_FEATURES, "several queue pairs need MQ" },
		{ plan->mtu < ETH_MIN_MTU || plan->mtu > NET_MTU_MAX, VDPA_ATTR_DEV_NET_CFG_MTU,
		  "its MTU is " __stringify(ETH_MIN_MTU) " to " __stringify(NET_MTU_MAX) " bytes" },
		{ !is_valid_ether_addr(plan->mac), VDPA_ATTR_DEV_NET_CFG_MACADDR,
		  "that is no unicast MAC address" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (!faults[i].wrong)
			continue;
		vdpa_mgmtdev_refuse(mdev, faults[i].attr, faults[i].reason);
		return false;
	}
	return true;
}

static int furnish(struct simnet *net, const struct net_plan *plan)
{
	u16 i;

	net->max_pairs = plan->pairs;
	net->pairs = 1;
	net->mtu = plan->mtu;
	ether_addr_copy(net->given_mac, plan->mac);
	ether_addr_copy(net->mac, plan->mac);
	spin_lock_init(&net->rx_lock);

	net->backlog = kcalloc(plan->pairs, sizeof(*net->backlog), GFP_KERNEL);
	if (!net->backlog)
		return -ENOMEM;
	for (i = 0; i < plan->pairs; i++)
		__skb_queue_head_init(&net->backlog[i].frames);
	net_switch_add(net);
	return 0;
}

static int net_dev_add(struct vdpa_mgmt_dev *mdev, const char *name,
		       const struct vdpa_dev_set_config *config)
{
	struct net_plan plan;
	struct vdpasim *sim;
	bool ctrl;
	int err;

	read_plan(config, &plan);
	if (!judge_plan(mdev, &plan))
		return -EINVAL;

	ctrl = plan.features & BIT_ULL(VIRTIO_NET_F_CTRL_VQ);
	sim = vdpasim_create(&net_parent, name, sizeof(struct simnet), 2 * plan.pairs + ctrl,
			     plan.features);
	if (IS_ERR(sim))
		return PTR_ERR(sim);

	err = furnish(sim_to_simnet(sim), &plan) ?: vdpasim_register(sim);
	if (err)
		put_device(&sim->vdpa.dev);
	return err;
}

static int net_dev_set_attr(struct vdpa_mgmt_dev *mdev, struct vdpa_device *vdpa,
			    const struct vdpa_dev_set_config *config)
{
	struct simnet *net = sim_to_simnet(vdpa_to_sim(vdpa));

	if (config->mask != BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR) ||
	    !(net->sim.offered & BIT_ULL(VIRTIO_NET_F_MAC)))
		return -EOPNOTSUPP;
	if (!is_valid_ether_addr(config->net.mac))
		return -EINVAL;

	net_set_mac(net, config->net.mac, true);
	return 0;
}

static const struct vdpa_mgmtdev_ops net_mgmtdev_ops = {
	.dev_add	= net_dev_add,
	.dev_del	= vdpasim_dev_del,
	.dev_set_attr	= net_dev_set_attr,
};

static struct virtio_device_id net_id_table[] = {
	{ VIRTIO_ID_NET, VIRTIO_DEV_ANY_ID },
	{}
};

static struct vdpasim_parent net_parent = {
	.name	= "vdpasim_net",
	.class	= &net_class,
	.mdev	= {
		.ops			= &net_mgmtdev_ops,
		.id_table		= net_id_table,
		.config_attr_mask	= BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR) |
					  BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU) |
					  BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MAX_VQP) |
					  BIT_ULL(VDPA_ATTR_DEV_FEATURES),
		.supported_features	= NET_FEATURES,
		.max_supported_vqs	= 2 * NET_PAIRS_MAX + 1,
	},
};

static int __init net_init(void)
{
	return vdpasim_parent_register(&net_parent);
}

static void __exit net_exit(void)
{
	vdpasim_parent_unregister(&net_parent);
}

module_init(net_init);
module_exit(net_exit);

MODULE_DESCRIPTION("Simulated vDPA network devices");
MODULE_LICENSE("GPL");
