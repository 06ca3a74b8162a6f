// SPDX-License-Identifier: GPL-2.0-only
/*
 * The switch between the NICs of the parent. It sends a unicast frame to the devices with its
 * address, even to the sender. If there is none, it sends the frame to the promiscuous devices. It
 * sends multicast to all other devices whose filter passes it. A device that no driver uses
 * receives nothing.
 */
#include <linux/etherdevice.h>
#include <linux/jhash.h>

#include "net.h"

/*
 * Maximum memory of frames that wait for one receive queue; NET_BACKLOG_FRAMES limits their number.
 * Further frames are dropped, so that a slow or suspended driver blocks no other.
 */
#define BACKLOG_BYTES	SZ_8M

/*
 * Protects the list of devices and the table of their addresses. Read-locked to deliver a frame;
 * rx_lock of each receiver is taken inside it.
 */
static DEFINE_RWLOCK(switch_lock);
static LIST_HEAD(devices);
static DEFINE_HASHTABLE(addresses, 10);

/**
 * struct fanout - a frame under way to one or more devices
 * @from: sender
 * @pair: queue pair that it was sent on: frames of one transmit queue stay in order
 * @skb: the frame
 * @next: the next receiver: the last one gets the frame itself, the others a clone
 */
struct fanout {
	struct simnet *from;
	u16 pair;
	struct sk_buff *skb;
	struct simnet *next;
};

static u32 mac_key(const u8 *mac)
{
	return jhash(mac, ETH_ALEN, 0);
}

/* Under rx_lock. */
static bool wants_multicast(const struct simnet *net, const u8 *mac)
{
	const struct net_filter *filter = &net->filter;
	unsigned int i;

	if (filter->promisc || filter->allmulti || is_broadcast_ether_addr(mac))
		return true;
	for (i = 0; i < filter->n_multicast; i++)
		if (ether_addr_equal(filter->multicast[i], mac))
			return true;
	return false;
}

/* Under rx_lock. */
static bool wants_vlan(const struct simnet *net, const struct sk_buff *skb)
{
	const struct vlan_ethhdr *hdr = (const struct vlan_ethhdr *)skb->data;

	if (!net->filter.vlans_only || hdr->h_vlan_proto != htons(ETH_P_8021Q) ||
	    skb->len < sizeof(*hdr))
		return true;
	return test_bit(ntohs(hdr->h_vlan_TCI) & VLAN_VID_MASK, net->filter.vlans);
}

/* Under rx_lock. */
static bool wants(const struct simnet *net, const struct sk_buff *skb)
{
	if (!net->up || !wants_vlan(net, skb))
		return false;
	return !is_multicast_ether_addr(skb->data) || wants_multicast(net, skb->data);
}

/* Add a frame to the backlog of a receive queue, or count an overrun. */
static void deliver(struct simnet *net, u16 pair, struct sk_buff *skb)
{
	struct net_backlog *backlog;
	struct vdpasim_vq *vq;

	spin_lock(&net->rx_lock);
	pair %= net->pairs;
	backlog = &net->backlog[pair];
	vq = &net->sim.vqs[2 * pair];
	if (!net->up) {
		kfree_skb(skb);
	} else if (skb_queue_len(&backlog->frames) >= NET_BACKLOG_FRAMES ||
		   backlog->bytes + skb->truesize > BACKLOG_BYTES) {
		vdpasim_count(vq, NET_STAT_OVERRUNS, 1);
		kfree_skb(skb);
	} else {
		__skb_queue_tail(&backlog->frames, skb);
		backlog->bytes += skb->truesize;
		vdpasim_kick(vq);
	}
	spin_unlock(&net->rx_lock);
}

static void add_receiver(struct fanout *fanout, struct simnet *net)
{
	struct sk_buff *clone;

	if (fanout->next) {
		clone = skb_clone(fanout->skb, GFP_ATOMIC);
		if (clone)
			deliver(fanout->next, fanout->pair, clone);
	}
	fanout->next = net;
}

static void offer(struct fanout *fanout, struct simnet *net)
{
	bool wanted;

	spin_lock(&net->rx_lock);
	wanted = wants(net, fanout->skb);
	spin_unlock(&net->rx_lock);
	if (wanted)
		add_receiver(fanout, net);
}

static void to_all(struct fanout *fanout)
{
	struct simnet *net;

	list_for_each_entry(net, &devices, entry)
		if (net != fanout->from)
			offer(fanout, net);
}

static void to_named(struct fanout *fanout)
{
	const u8 *mac = fanout->skb->data;
	struct net_addr *addr;

	hash_for_each_possible(addresses, addr, node, mac_key(mac))
		if (ether_addr_equal(addr->mac, mac))
			offer(fanout, addr->net);
}

static void to_promiscuous(struct fanout *fanout)
{
	struct simnet *net;

	list_for_each_entry(net, &devices, entry)
		if (net != fanout->from && READ_ONCE(net->filter.promisc))
			offer(fanout, net);
}

/**
 * net_switch_send - deliver a frame
 * @from: sender
 * @pair: queue pair that it was sent on
 * @skb: the frame, from its Ethernet header on; consumed
 *
 * Return: whether it had a receiver.
 */
bool net_switch_send(struct simnet *from, u16 pair, struct sk_buff *skb)
{
	struct fanout fanout = { .from = from, .pair = pair, .skb = skb };

	read_lock(&switch_lock);
	if (is_multicast_ether_addr(skb->data)) {
		to_all(&fanout);
	} else {
		to_named(&fanout);
		if (!fanout.next)
			to_promiscuous(&fanout);
	}
	if (fanout.next)
		deliver(fanout.next, pair, skb);
	read_unlock(&switch_lock);

	if (!fanout.next)
		kfree_skb(skb);
	return fanout.next;
}

/* Under switch_lock. */
static void set_addr(struct net_addr *addr, struct simnet *net, const u8 *mac)
{
	addr->net = net;
	ether_addr_copy(addr->mac, mac);
	hash_add(addresses, &addr->node, mac_key(mac));
}

/**
 * net_switch_add - add a device
 * @net: device, with its address set
 */
void net_switch_add(struct simnet *net)
{
	write_lock(&switch_lock);
	list_add(&net->entry, &devices);
	set_addr(&net->addr, net, net->mac);
	write_unlock(&switch_lock);
}

/**
 * net_switch_remove - remove a device
 * @net: device; no frame is delivered to it after this returns
 */
void net_switch_remove(struct simnet *net)
{
	net_switch_extra(net, NULL, 0);
	write_lock(&switch_lock);
	list_del(&net->entry);
	hash_del(&net->addr.node);
	write_unlock(&switch_lock);
}

/**
 * net_switch_rename - change the address of a device in the switch
 * @net: device
 * @mac: its new address
 */
void net_switch_rename(struct simnet *net, const u8 *mac)
{
	write_lock(&switch_lock);
	hash_del(&net->addr.node);
	set_addr(&net->addr, net, mac);
	write_unlock(&switch_lock);
}

/**
 * net_switch_extra - replace the further addresses of a device
 * @net: device
 * @extra: addresses with only their mac set, from kcalloc(); consumed
 * @n: their number
 */
void net_switch_extra(struct simnet *net, struct net_addr *extra, unsigned int n)
{
	struct net_addr *old;
	unsigned int i;

	write_lock(&switch_lock);
	for (i = 0; i < net->n_extra; i++)
		hash_del(&net->extra[i].node);
	old = net->extra;
	net->extra = extra;
	net->n_extra = n;
	for (i = 0; i < n; i++)
		set_addr(&extra[i], net, extra[i].mac);
	write_unlock(&switch_lock);
	kfree(old);
}

/**
 * net_switch_copy_extra - copy the further addresses of a device
 * @net: device
 * @n: set to their number
 *
 * May sleep. Return: copies with only their mac set, to be freed with kfree(), or an error.
 */
struct net_addr *net_switch_copy_extra(struct simnet *net, unsigned int *n)
{
	struct net_addr *copy = kcalloc(NET_FILTER_MAX, sizeof(*copy), GFP_KERNEL);
	unsigned int i;

	if (!copy)
		return ERR_PTR(-ENOMEM);
	read_lock(&switch_lock);
	*n = net->n_extra;
	for (i = 0; i < net->n_extra; i++)
		ether_addr_copy(copy[i].mac, net->extra[i].mac);
	read_unlock(&switch_lock);
	return copy;
}

/**
 * net_set_mac - change the address of a device
 * @net: device
 * @mac: its new address
 * @given: set by management: the driver is notified, and a reset keeps it
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
