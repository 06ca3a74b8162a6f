/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of the simulated NIC.
 */
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

/* The control queue has its own group, and so can have its own address space. */
enum {
	NET_GROUP_DATA,
	NET_GROUP_CTRL,
	NET_GROUPS,
};

#define NET_MTU_MAX		9216
#define NET_FRAME_MAX		(NET_MTU_MAX + ETH_HLEN + VLAN_HLEN)

/* Frames that may wait for the buffers of one receive queue. */
#define NET_BACKLOG_FRAMES	1024

/*
 * Maximum number of addresses in a list of the receive filter. With more, it passes all of their
 * kind.
 */
#define NET_FILTER_MAX		64

/* Counters of a queue, by its type. */
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
 * struct net_addr - a unicast address of a device in the switch
 * @node: node in the switch's table
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
 * struct net_filter - the receive filter of a device, beside its unicast addresses
 * @promisc: receive unicast to unknown addresses
 * @allmulti: receive all multicast
 * @vlans_only: receive tagged frames only of the VLANs in @vlans
 * @vlans: VLAN IDs
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
 * struct net_backlog - frames that wait for the buffers of a receive queue
 * @frames: in order of arrival; only the queue's worker removes them, except for a reset or a load
 * @bytes: memory that they use
 */
struct net_backlog {
	struct sk_buff_head frames;
	u32 bytes;
};

/**
 * struct simnet - a simulated NIC
 * @sim: the common part
 * @max_pairs: number of queue pairs
 * @mtu: MTU in bytes
 * @given_mac: address set by management, under state_lock
 * @mac: its present address: the driver may set another one until a reset; under state_lock
 * @loaded: a loaded state to be used at the next start, or NULL; under sim->lock
 * @old: the state before the last load, to undo it, or NULL; under sim->lock
 * @entry: node in the switch's list, under the switch's lock
 * @addr: its own address in the switch, under the switch's lock
 * @extra: more unicast addresses set by the driver, under the switch's lock
 * @n_extra: number of @extra
 * @rx_lock: protects all fields below. A spinlock, innermost.
 * @up: a driver uses the device: frames are received
 * @pairs: number of queue pairs that the driver receives on
 * @filter: its receive filter
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

/* net_queues.c: receive and transmit queues */

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
