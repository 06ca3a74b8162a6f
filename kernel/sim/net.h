/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulated NIC: what its files share. */
#ifndef VDPA_SIM_NET_H
#define VDPA_SIM_NET_H

#include <linux/bitmap.h>
#include <linux/hashtable.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/list.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <uapi/linux/virtio_net.h>

#include "sim.h"

#define NET_PAIRS_MAX		16

/* The control queue has a group, and with it an address space, of its own. */
enum {
	NET_GROUP_DATA,
	NET_GROUP_CTRL,
	NET_GROUPS,
};

#define NET_MTU_MAX		9216
#define NET_FRAME_MAX		(NET_MTU_MAX + ETH_HLEN + VLAN_HLEN)

/* Frames that may wait for the buffers of one receive queue. */
#define NET_BACKLOG_FRAMES	1024

/* Addresses of a receive filter's list. With more, the filter lets all of their kind pass. */
#define NET_FILTER_MAX		64

/* Counters of a queue, by what the queue is for. */
enum {
	NET_STAT_PACKETS = VDPASIM_STAT_CLASS,
	NET_STAT_BYTES,
	NET_STAT_ERRORS,
	NET_STAT_OVERRUNS,		/* receive queue */
	NET_STAT_DROPS = NET_STAT_OVERRUNS,	/* transmit queue */
};

enum {
	NET_STAT_REQUESTS = VDPASIM_STAT_CLASS,
	NET_STAT_SUCCESSES,
	NET_STAT_FAILURES,
};

struct net_state;
struct simnet;

/**
 * struct net_addr - a unicast address under which the switch finds a device
 * @node: in the switch's table
 * @net: device
 * @mac: address
 *
 * Under the switch's lock.
 */
struct net_addr {
	struct hlist_node node;
	struct simnet *net;
	u8 mac[ETH_ALEN];
};

/**
 * struct net_filter - what a device wants to receive beyond its own address
 * @promisc: unicast that names nobody
 * @allmulti: all multicast
 * @vlans_only: tagged frames only of the VLANs in @vlans
 * @vlans: VLAN ids
 * @n_multicast: number of @multicast
 * @multicast: addresses
 */
struct net_filter {
	bool promisc;
	bool allmulti;
	bool vlans_only;
	DECLARE_BITMAP(vlans, VLAN_N_VID);
	unsigned int n_multicast;
	u8 multicast[NET_FILTER_MAX][ETH_ALEN];
};

/**
 * struct net_backlog - frames that have arrived for a receive queue and wait for its buffers
 * @frames: in the order they came; only the queue's worker takes them out
 * @bytes: of memory that they take
 */
struct net_backlog {
	struct sk_buff_head frames;
	u32 bytes;
};

/**
 * struct simnet - a simulated NIC
 * @sim: what it has in common with the others
 * @max_pairs: queue pairs it was created with
 * @mtu: of the same
 * @given_mac: address it was given by management, under state_lock
 * @mac: address it has now: the driver may have set another, until it resets the device; under
 *	state_lock
 * @loaded: a state to go on from with the next start, or NULL; under sim->lock
 * @old: what the last load has replaced, to be taken back; NULL: nothing; under sim->lock
 * @entry: in the switch's list, under the switch's lock
 * @addr: its own address in the switch, under the switch's lock
 * @extra: more unicast addresses that the driver wants to receive, under the switch's lock
 * @n_extra: number of @extra
 * @rx_lock: protects all below. Innermost.
 * @up: a driver uses the device: frames are taken in
 * @pairs: queue pairs that the driver wants to receive on
 * @filter: what it wants to receive
 * @backlog: one for each queue pair
 */
struct simnet {
	struct vdpasim sim; /* the first, as the vDPA core allocates it */
	u16 max_pairs;
	u16 mtu;
	u8 given_mac[ETH_ALEN];
	u8 mac[ETH_ALEN];
	struct net_state *loaded;
	struct net_state *old;
	struct list_head entry;
	struct net_addr addr;
	struct net_addr *extra;
	unsigned int n_extra;
	spinlock_t rx_lock; /* see above */
	bool up;
	u16 pairs;
	struct net_filter filter;
	struct net_backlog *backlog;
};

static inline struct simnet *sim_to_simnet(struct vdpasim *sim)
{
	return container_of(sim, struct simnet, sim);
}

/* net_queues.c: frames in and out */

u32 net_vq_group(struct vdpasim *sim, u16 idx);
const char *const *net_stat_names(struct vdpasim *sim, u16 idx);
enum vdpasim_step net_step(struct vdpasim_vq *vq, u32 *bytes);

/* net_switch.c */

void net_set_mac(struct simnet *net, const u8 *mac, bool given);
void net_switch_add(struct simnet *net);
void net_switch_remove(struct simnet *net);
void net_switch_rename(struct simnet *net, const u8 *mac);
void net_switch_extra(struct simnet *net, struct net_addr *extra, unsigned int n);
bool net_switch_send(struct simnet *from, u16 pair, struct sk_buff *skb);
struct net_addr *net_switch_copy_extra(struct simnet *net, unsigned int *n);

/* net_state.c */

void net_state_free(struct net_state *state);
void net_state_apply(struct simnet *net, struct net_state *state);
int net_state_save(struct vdpasim *sim, struct vdpa_migration_writer *to);
int net_state_load(struct vdpasim *sim, struct vdpa_migration_reader *from);
void net_state_unload(struct vdpasim *sim);
void net_state_resume(struct vdpasim *sim);

/* net_ctrl.c */

enum vdpasim_step net_ctrl_step(struct vdpasim_vq *vq);

#endif
