// SPDX-License-Identifier: GPL-2.0-only
/* The control queue of a simulated NIC. */
#include <linux/array_size.h>
#include <linux/etherdevice.h>
#include <linux/slab.h>
#include <linux/virtio_byteorder.h>

#include "net.h"

/**
 * struct ctrl - a command
 * @net: device
 * @vq: its control queue
 * @data: the data after the header
 */
struct ctrl {
	struct simnet *net;
	struct vdpasim_vq *vq;
	struct vdpasim_iter data;
};

/* A list of addresses from the driver: those that fit, and whether there were more. */
struct mac_list {
	unsigned int n;
	bool overflow;
	u8 macs[NET_FILTER_MAX][ETH_ALEN];
};

/*
 * The commands. Each returns VIRTIO_NET_OK or _ERR, or a negative error if the device is in
 * NEEDS_RESET.
 */

/* Read @len bytes; the command must have exactly as many. */
static int pull_all(struct ctrl *ctrl, void *buf, u32 len)
{
	if (ctrl->data.left != len)
		return VIRTIO_NET_ERR;
	return vdpasim_pull(ctrl->vq, &ctrl->data, buf, len);
}

static int set_flag(struct ctrl *ctrl, bool *flag)
{
	u8 on;
	int err;

	err = pull_all(ctrl, &on, sizeof(on));
	if (err)
		return err;

	spin_lock(&ctrl->net->rx_lock);
	*flag = on;
	spin_unlock(&ctrl->net->rx_lock);
	return VIRTIO_NET_OK;
}

static int set_promisc(struct ctrl *ctrl)
{
	return set_flag(ctrl, &ctrl->net->filter.promisc);
}

static int set_allmulti(struct ctrl *ctrl)
{
	return set_flag(ctrl, &ctrl->net->filter.allmulti);
}

static int pull_mac_list(struct ctrl *ctrl, struct mac_list *list)
{
	__virtio32 entries;
	u32 n;
	int err;

	if (ctrl->data.left < sizeof(entries))
		return VIRTIO_NET_ERR;
	err = vdpasim_pull(ctrl->vq, &ctrl->data, &entries, sizeof(entries));
	if (err)
		return err;

	n = __virtio32_to_cpu(true, entries);
	if (n > ctrl->data.left / ETH_ALEN)
		return VIRTIO_NET_ERR;

	list->n = min_t(u32, n, NET_FILTER_MAX);
	list->overflow = n > list->n;
	err = vdpasim_pull(ctrl->vq, &ctrl->data, list->macs, list->n * ETH_ALEN);
	if (!err)
		vdpasim_skip(&ctrl->data, (n - list->n) * ETH_ALEN);
	return err;
}

static int use_mac_lists(struct simnet *net, const struct mac_list *unicast,
			 const struct mac_list *multicast)
{
	struct net_addr *extra = NULL;
	unsigned int i;

	if (unicast->n) {
		extra = kcalloc(unicast->n, sizeof(*extra), GFP_KERNEL);
		if (!extra)
			return VIRTIO_NET_ERR;
	}
	for (i = 0; i < unicast->n; i++)
		ether_addr_copy(extra[i].mac, unicast->macs[i]);
	net_switch_extra(net, extra, unicast->n);

	spin_lock(&net->rx_lock);
	if (unicast->overflow)
		net->filter.promisc = true;
	if (multicast->overflow)
		net->filter.allmulti = true;
	net->filter.n_multicast = multicast->n;
	memcpy(net->filter.multicast, multicast->macs, multicast->n * ETH_ALEN);
	spin_unlock(&net->rx_lock);
	return VIRTIO_NET_OK;
}

static int set_mac_table(struct ctrl *ctrl)
{
	struct mac_list *lists;
	int err;

	lists = kcalloc(2, sizeof(*lists), GFP_KERNEL);
	if (!lists)
		return VIRTIO_NET_ERR;

	err = pull_mac_list(ctrl, &lists[0]) ?: pull_mac_list(ctrl, &lists[1]);
	if (!err)
		err = use_mac_lists(ctrl->net, &lists[0], &lists[1]);
	kfree(lists);
	return err;
}

static int set_mac(struct ctrl *ctrl)
{
	u8 mac[ETH_ALEN];
	int err;

	err = pull_all(ctrl, mac, sizeof(mac));
	if (err)
		return err;
	if (!is_valid_ether_addr(mac))
		return VIRTIO_NET_ERR;

	net_set_mac(ctrl->net, mac, false);
	return VIRTIO_NET_OK;
}

static int set_vlan(struct ctrl *ctrl, bool wanted)
{
	__virtio16 word;
	u16 vid;
	int err;

	err = pull_all(ctrl, &word, sizeof(word));
	if (err)
		return err;
	vid = __virtio16_to_cpu(true, word);
	if (vid >= VLAN_N_VID)
		return VIRTIO_NET_ERR;

	spin_lock(&ctrl->net->rx_lock);
	__assign_bit(vid, ctrl->net->filter.vlans, wanted);
	spin_unlock(&ctrl->net->rx_lock);
	return VIRTIO_NET_OK;
}

static int add_vlan(struct ctrl *ctrl)
{
	return set_vlan(ctrl, true);
}

static int del_vlan(struct ctrl *ctrl)
{
	return set_vlan(ctrl, false);
}

static int set_pairs(struct ctrl *ctrl)
{
	struct virtio_net_ctrl_mq mq;
	u16 pairs;
	int err;

	err = pull_all(ctrl, &mq, sizeof(mq));
	if (err)
		return err;
	pairs = __virtio16_to_cpu(true, mq.virtqueue_pairs);
	if (!pairs || pairs > ctrl->net->max_pairs)
		return VIRTIO_NET_ERR;

	spin_lock(&ctrl->net->rx_lock);
	ctrl->net->pairs = pairs;
	spin_unlock(&ctrl->net->rx_lock);
	return VIRTIO_NET_OK;
}

static const struct {
	u8 class;
	u8 cmd;
	u8 feature;
	int (*fn)(struct ctrl *ctrl);
} commands[] = {
	{ VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, VIRTIO_NET_F_CTRL_RX, set_promisc },
	{ VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_ALLMULTI, VIRTIO_NET_F_CTRL_RX, set_allmulti },
	{ VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, VIRTIO_NET_F_CTRL_RX, set_mac_table },
	{ VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, VIRTIO_NET_F_CTRL_MAC_ADDR, set_mac },
	{ VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD, VIRTIO_NET_F_CTRL_VLAN, add_vlan },
	{ VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_DEL, VIRTIO_NET_F_CTRL_VLAN, del_vlan },
	{ VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, VIRTIO_NET_F_MQ, set_pairs },
};

static int do_command(struct ctrl *ctrl, const struct virtio_net_ctrl_hdr *hdr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].class == hdr->class && commands[i].cmd == hdr->cmd &&
		    vdpasim_has(&ctrl->net->sim, commands[i].feature))
			return commands[i].fn(ctrl);
	return VIRTIO_NET_ERR;
}

/**
 * net_ctrl_step - carry out one command
 * @vq: the control queue; its lock is held
 *
 * May sleep. Return: see enum vdpasim_step.
 */
enum vdpasim_step net_ctrl_step(struct vdpasim_vq *vq)
{
	struct ctrl ctrl = { .net = sim_to_simnet(vq->sim), .vq = vq };
	struct virtio_net_ctrl_hdr hdr;
	struct vdpasim_chain chain;
	enum vdpasim_step step;
	int result;
	u8 ack;

	step = vdpasim_ring_next(vq, 0, &chain);
	if (step != VDPASIM_STEP_DONE)
		return step;

	if (chain.out.left < sizeof(hdr) || !chain.in.left) {
		vdpasim_broken(vq, "command without a header or a place for its result");
		return VDPASIM_STEP_BROKEN;
	}
	if (vdpasim_pull(vq, &chain.out, &hdr, sizeof(hdr)))
		return VDPASIM_STEP_BROKEN;
	ctrl.data = chain.out;
	result = do_command(&ctrl, &hdr);
	if (result < 0)
		return VDPASIM_STEP_BROKEN;

	vdpasim_count(vq, NET_STAT_REQUESTS, 1);
	vdpasim_count(vq, result == VIRTIO_NET_OK ? NET_STAT_SUCCESSES : NET_STAT_FAILURES, 1);
	ack = result;
	if (vdpasim_push(vq, &chain.in, &ack, sizeof(ack)) ||
	    vdpasim_ring_complete(vq, chain.head, sizeof(ack)))
		return VDPASIM_STEP_BROKEN;
	return VDPASIM_STEP_DONE;
}
