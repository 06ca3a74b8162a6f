/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated vDPA parents: what vdpa_sim.ko offers to the drivers of its classes.
 *
 * A class (net, block) embeds struct vdpasim at the start of its own device, describes itself in a
 * struct vdpasim_class, and registers a struct vdpasim_parent. Everything that is not particular to
 * the class, from the config operations to the rings, is done here.
 *
 * Locks, in the order they nest:
 *
 *   sim->lock     the configuration: features, the address space of each group, where writes are
 *                 noted. Held by the config operations, which may sleep.
 *   vq->lock      one virtqueue: its addresses, position, callback, address space. A worker holds
 *                 it for one bounded round, so whoever has taken it knows that the queue rests.
 *                 Nobody holds two of them.
 *   sim->state_lock  status, running, the config space and its callback, the bound mm. A spinlock,
 *                 innermost but for what a config callback takes itself.
 *   sim->map_lock the IOTLBs, held over every access to mapped memory, so that once an unmap has
 *                 returned nothing touches what it unmapped. A spinlock, innermost.
 */
#ifndef VDPA_SIM_H
#define VDPA_SIM_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vdpa.h>
#include <linux/vhost_iotlb.h>
#include <linux/virtio_ring.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <uapi/linux/vdpa.h>

/* As real devices have it: virtual machine monitors ask for rings of up to that. */
#define VDPASIM_QUEUE_MAX	1024

/*
 * A driver may not build a chain longer than its ring. Indirect tables of this length are taken in
 * any ring all the same: there are drivers that go by what else the device says of itself.
 */
#define VDPASIM_CHAIN_MIN	256

/* Bytes of the largest config space of any class. */
#define VDPASIM_CONFIG_MAX	128

/* Bytes of a word that a test can change, with its terminator. */
#define VDPASIM_TEXT_MAX	256

/* Most chains of a queue that a device takes before it has completed the first. */
#define VDPASIM_FLIGHT_MAX	min(VDPASIM_QUEUE_MAX, VDPA_VQ_INFLIGHT_MAX)

/* Virtqueue groups of the class that has most. */
#define VDPASIM_GROUPS_MAX	2

#define VDPASIM_FEATURES	(BIT_ULL(VIRTIO_F_ANY_LAYOUT) | \
				 BIT_ULL(VIRTIO_F_VERSION_1) | \
				 BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) | \
				 BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) | \
				 BIT_ULL(VIRTIO_RING_F_EVENT_IDX))

/* Virtio 1.4's suspend: the feature, and the bit of the device status. */
#ifndef VIRTIO_F_SUSPEND
#define VIRTIO_F_SUSPEND	43
#endif
#ifndef VIRTIO_CONFIG_S_SUSPEND
#define VIRTIO_CONFIG_S_SUSPEND	16
#endif

/* What every device offers that is asked to, and none that is not. */
#define VDPASIM_FEATURES_ASKED	BIT_ULL(VIRTIO_F_SUSPEND)

/* What a driver has to accept: rings are little-endian, and their addresses go through a map. */
#define VDPASIM_FEATURES_REQUIRED	(BIT_ULL(VIRTIO_F_VERSION_1) | \
					 BIT_ULL(VIRTIO_F_ACCESS_PLATFORM))

struct dentry;
struct netlink_ext_ack;
struct vdpa_dirty_range;
struct vdpa_dirty_sink;
struct vdpa_migration_list;
struct vdpa_migration_reader;
struct vdpa_migration_writer;
struct vdpasim;
struct vdpasim_dirty;
struct vdpasim_dirty_chunk;
struct vdpasim_dirty_space;
struct vdpasim_vq;

/**
 * struct vdpasim_seg - one buffer of a descriptor chain
 * @iova: where it starts, in the address space of the queue
 * @len: its length in bytes
 */
struct vdpasim_seg {
	u64 iova;
	u32 len;
};

/**
 * struct vdpasim_scratch - the device's own copy of what it is working on
 * @max: the longest chain that it has room for
 * @segs: the buffers of the chain, device-readable ones first; behind @table
 * @table: an indirect table, copied before it is judged
 */
struct vdpasim_scratch {
	u16 max;
	struct vdpasim_seg *segs;
	struct vring_desc table[];
};

/**
 * struct vdpasim_iter - a place in a list of buffers
 * @seg: the current buffer
 * @off: bytes of it that are done
 * @left: bytes from here to the end of the list
 */
struct vdpasim_iter {
	const struct vdpasim_seg *seg;
	u32 off;
	u32 left;
};

/**
 * struct vdpasim_chain - a descriptor chain that the driver made available
 * @out: what the device may read
 * @in: what the device may write
 * @head: index of its first descriptor
 */
struct vdpasim_chain {
	struct vdpasim_iter out;
	struct vdpasim_iter in;
	u16 head;
};

/**
 * struct vdpasim_flight - a chain that is taken and not completed
 * @head: index of its first descriptor
 * @begun: the device is at it; false: it is to be taken up, again or from another device
 * @since: when it has begun, in jiffies
 * @delay_ms: it takes so long from then, or less where less is asked for meanwhile
 */
struct vdpasim_flight {
	u16 head;
	bool begun;
	unsigned long since;
	u32 delay_ms;
};

/* Counters that every queue has; those of its class follow, VDPASIM_STATS_CLASS of them at most. */
enum {
	VDPASIM_STAT_RECEIVED,		/* chains taken from the driver */
	VDPASIM_STAT_COMPLETED,		/* chains given back */
	VDPASIM_STAT_CLASS,
};

#define VDPASIM_STATS_CLASS	12
#define VDPASIM_STATS_MAX	(VDPASIM_STAT_CLASS + VDPASIM_STATS_CLASS)

/**
 * struct vdpasim_vq - a split virtqueue, the device's side
 * @lock: see the top of this file
 * @sim: the device it belongs to
 * @work: one round of it
 * @index: its number
 * @num: entries of the ring
 * @desc: IOVA of the descriptor table
 * @driver: IOVA of the available ring
 * @device: IOVA of the used ring
 * @next: next entry of the available ring to look at. Whenever @lock is free, the used index is as
 *	much less as chains are in flight (vdpasim_used()). Written under @lock, read without it for
 *	a snapshot.
 * @flights: chains that are in flight, in the order in which they were taken; NULL until there has
 *	been one
 * @n_flights: how many
 * @flights_end: when the last of them is due, in jiffies. Written under @lock, read without for an
 *	estimate.
 * @timer: kicks the queue while there are some
 * @seen: chains beyond @next that were there when the ring was last found to hold too few
 * @signalled: used index at the driver's last interrupt
 * @signalled_valid: whether there was one since the queue became ready
 * @ready: the driver has enabled it
 * @iotlb: the address space its group is in
 * @dirty: where the pages it writes are noted; NULL: nowhere
 * @dirty_chunk: where it noted the last of them; NULL: there was none
 * @dirty_index: which part of @dirty that is
 * @scratch: there while the queue is ready
 * @cb: the driver's interrupt
 * @stats: VDPASIM_STAT_*
 */
struct vdpasim_vq {
	struct mutex lock; /* see the top of this file */
	struct vdpasim *sim;
	struct work_struct work;
	u16 index;
	u16 num;
	u64 desc;
	u64 driver;
	u64 device;
	u16 next;
	u16 seen;
	struct vdpasim_flight *flights;
	u16 n_flights;
	unsigned long flights_end;
	struct timer_list timer;
	u16 signalled;
	bool signalled_valid;
	bool ready;
	struct vhost_iotlb *iotlb;
	struct vdpasim_dirty_space *dirty;
	struct vdpasim_dirty_chunk *dirty_chunk;
	u64 dirty_index;
	struct vdpasim_scratch *scratch;
	struct vdpa_callback cb;
	atomic64_t stats[VDPASIM_STATS_MAX];
};

/**
 * enum vdpasim_step - what a class found when it was asked to do one thing on a queue
 * @VDPASIM_STEP_DONE: did one; ask again
 * @VDPASIM_STEP_EMPTY: the driver has to make a chain available first
 * @VDPASIM_STEP_IDLE: nothing to do, whatever the driver makes available
 * @VDPASIM_STEP_BROKEN: the driver broke the rules; the device is in NEEDS_RESET
 */
enum vdpasim_step {
	VDPASIM_STEP_DONE,
	VDPASIM_STEP_EMPTY,
	VDPASIM_STEP_IDLE,
	VDPASIM_STEP_BROKEN,
};

/**
 * struct vdpasim_precopy - how a class copies its private state while a device works
 * @begin: take note of what changes. Under sim->lock.
 * @read: write a round. Not under a lock.
 * @info: what is left, in bytes. Not under a lock.
 * @save: write the rest. The device is suspended. Under sim->lock.
 * @end: take no more note. Under sim->lock.
 * @load: stage a round beside the device. Not under a lock.
 * @finish: load the rest on top of what is staged, as the class's load does. Under sim->lock; the
 *	queues rest.
 * @drop: forget what is staged. Not under a lock.
 *
 * The vDPA core calls them one at a time for each device.
 */
struct vdpasim_precopy {
	int (*begin)(struct vdpasim *sim);
	int (*read)(struct vdpasim *sim, struct vdpa_migration_writer *to);
	int (*info)(struct vdpasim *sim, u64 *initial, u64 *dirty);
	int (*save)(struct vdpasim *sim, struct vdpa_migration_writer *to);
	void (*end)(struct vdpasim *sim);
	int (*load)(struct vdpasim *sim, struct vdpa_migration_reader *from);
	int (*finish)(struct vdpasim *sim, struct vdpa_migration_reader *from);
	void (*drop)(struct vdpasim *sim);
};

/**
 * struct vdpasim_class - what a class of devices has to say for itself
 * @device_id: virtio device id
 * @config_size: bytes of the config space
 * @ngroups: number of virtqueue groups
 * @nas: number of address spaces
 * @vq_group: group of a queue; absent where there is only one. May not sleep.
 * @fill_config: write the whole config space. Under state_lock.
 * @step: take and complete one chain, if there is one. Under vq->lock, in a worker.
 *	@bytes is to be increased by the bytes moved: a round is bounded by them too.
 * @start: the driver has set DRIVER_OK. Under sim->lock.
 * @resume: the device goes on after a suspend. Under sim->lock.
 * @stop: the device was reset, its queues rest. Under sim->lock.
 * @stat_names: names of the class's counters of a queue, ends with NULL
 * @describe: add a device's own attributes for migration. May sleep.
 * @describe_next: add those of the devices that would be created now. May sleep.
 * @save: write a device's private state. It is suspended. Under sim->lock.
 * @reports: whether a suspend reports what is in flight, and does not wait for it. Absent where
 *	nothing ever is. May not sleep.
 * @load: read a private state and take it over, all or nothing: at once where the device is
 *	suspended, with the next start else, unless it is reset before. Under sim->lock; the
 *	queues rest.
 * @unload: go back to what was there before the last load; no start, stop or resume came since.
 *	Under sim->lock; the queues rest.
 * @estimate: set how many bytes @save would write, and how many were changed since the device was
 *	made; absent: it does not tell
 * @precopy: how its state is copied while it works; absent: it cannot be
 * @free: release what the class has added to the device. Also called for a device whose
 *	creation has failed half-way.
 */
struct vdpasim_class {
	u32 device_id;
	u32 config_size;
	unsigned int ngroups;
	unsigned int nas;
	u32 (*vq_group)(struct vdpasim *sim, u16 idx);
	void (*fill_config)(struct vdpasim *sim, void *config);
	enum vdpasim_step (*step)(struct vdpasim_vq *vq, u32 *bytes);
	void (*start)(struct vdpasim *sim);
	void (*resume)(struct vdpasim *sim);
	void (*stop)(struct vdpasim *sim);
	const char *const *(*stat_names)(struct vdpasim *sim, u16 idx);
	int (*describe)(struct vdpasim *sim, struct vdpa_migration_list *list);
	int (*describe_next)(struct vdpa_migration_list *list);
	int (*save)(struct vdpasim *sim, struct vdpa_migration_writer *to);
	int (*load)(struct vdpasim *sim, struct vdpa_migration_reader *from);
	void (*unload)(struct vdpasim *sim);
	void (*estimate)(struct vdpasim *sim, u64 *bytes, u64 *changed);
	const struct vdpasim_precopy *precopy;
	bool (*reports)(struct vdpasim *sim);
	void (*free)(struct vdpasim *sim);
};

/**
 * struct vdpasim_fault - what a test asked to go wrong with one operation
 * @delay_ms: wait that long first
 * @errno: then fail with this error; 0 does not fail
 * @nth: only the n-th time from now, once; 0 fails every time
 *
 * Plain words written through debugfs at any time and read once per operation.
 */
struct vdpasim_fault {
	u32 delay_ms;
	u32 errno;
	u32 nth;
};

/**
 * struct vdpasim_text - a word that a test can change
 * @lock: protects @word; nothing is taken under it
 * @word: the word
 */
struct vdpasim_text {
	struct mutex lock; /* see above */
	char word[VDPASIM_TEXT_MAX];
};

/**
 * struct vdpasim_parent - a simulated management device
 * @mdev: for the vDPA core; the class fills in all but the device
 * @class: of its devices
 * @name: of the management device, its workqueue and its debugfs directory
 * @wq: where the queues of all its devices work: unbound, so a busy device keeps no CPU to itself
 * @live: devices that are not freed yet
 * @drained: woken when @live falls to 0
 * @add: fault of dev_add
 * @del: fault of dev_del (it cannot fail, only take its time)
 * @suspend: fault of suspending any of its devices
 * @resume: fault of resuming any of its devices
 * @describe: fault of describing it or any of its devices for migration
 * @check: fault of its last word on a migration
 * @save: fault of saving the state of any of its devices
 * @load: fault of loading a state into any of its devices
 * @unload: fault of taking such a state back from any of its devices
 * @estimate: fault of telling what there is to carry
 * @precopy_begin: fault of beginning a pre-copy of any of its devices; and of what follows
 * @dirty_start: fault of beginning to note the pages that any of its devices writes
 * @dirty_read: fault of reading them
 * @dirty_stop: fault of ending that
 * @version: of what it saves, for the vDPA core; empty: it declares none
 * @accepts: ranges of versions of which it takes what they have saved
 * @dir: its debugfs directory
 * @devices: debugfs directory that has one directory for each device
 */
struct vdpasim_parent {
	struct vdpa_mgmt_dev mdev;
	const struct vdpasim_class *class;
	const char *name;
	struct workqueue_struct *wq;
	atomic_t live;
	wait_queue_head_t drained;
	struct vdpasim_fault add;
	struct vdpasim_fault del;
	struct vdpasim_fault suspend;
	struct vdpasim_fault resume;
	struct vdpasim_fault describe;
	struct vdpasim_fault check;
	struct vdpasim_fault save;
	struct vdpasim_fault load;
	struct vdpasim_fault unload;
	struct vdpasim_fault dirty_start;
	struct vdpasim_fault dirty_read;
	struct vdpasim_fault dirty_stop;
	struct vdpasim_fault get_vq_state;
	struct vdpasim_fault set_vq_state;
	struct vdpasim_fault estimate;
	struct vdpasim_fault precopy_begin;
	struct vdpasim_fault precopy_read;
	struct vdpasim_fault precopy_info;
	struct vdpasim_fault precopy_save;
	struct vdpasim_fault precopy_end;
	struct vdpasim_fault precopy_load;
	struct vdpasim_fault precopy_drop;
	struct vdpasim_text version;
	struct vdpasim_text accepts;
	struct dentry *dir;
	struct dentry *devices;
};

/**
 * struct vdpasim - a simulated device
 * @vdpa: what the vDPA core knows of it
 * @parent: the management device it was made by
 * @lock: see the top of this file
 * @state_lock: see the top of this file
 * @map_lock: see the top of this file
 * @offered: device features
 * @features: driver features
 * @generation: of the config space
 * @status: virtio status
 * @suspended: by the suspend operation; what the status says of a suspend is apart from that
 * @config_late: the config space has changed while the status had SUSPEND: the driver is to be told
 *	when the device is resumed
 * @landing: it is about to be suspended: what is in flight is completed, and nothing taken.
 *	Written under @state_lock, read without.
 * @running: in use, not suspended, not in NEEDS_RESET: queues may move. Written under
 *	@state_lock, read without: who clears it takes the lock of each queue afterwards.
 * @kernel_driver: the driver that has bound the device is the kernel's own virtio one, which does
 *	its DMA mapping itself: addresses are physical. Any other driver gets at nothing but what it
 *	has mapped.
 * @mm: address space of the user whose addresses the mappings lead to; NULL: physical ones
 * @config_cb: the driver's config interrupt
 * @nvqs: number of queues
 * @vqs: the queues
 * @iotlbs: the address spaces
 * @group_asid: which of them each group is in, under @lock
 * @stall: bit n set: queue n does not move
 * @del: fault of deleting it
 * @suspend: fault of suspending it
 * @resume: fault of resuming it
 * @save: fault of saving its state
 * @load: fault of loading a state into it
 * @dirty_start: fault of beginning to note the pages it writes
 * @dirty_read: fault of reading them
 * @dirty_stop: fault of ending that
 * @dirty: what is noted of the pages it writes, under @lock; NULL: nothing is
 * @dir: its debugfs directory
 */
struct vdpasim {
	struct vdpa_device vdpa;
	struct vdpasim_parent *parent;
	struct mutex lock; /* see the top of this file */
	spinlock_t state_lock; /* see the top of this file */
	rwlock_t map_lock; /* see the top of this file */
	u64 offered;
	u64 features;
	u32 generation;
	u8 status;
	bool suspended;
	bool config_late;
	bool landing;
	bool running;
	bool kernel_driver;
	struct mm_struct *mm;
	struct vdpa_callback config_cb;
	u16 nvqs;
	struct vdpasim_vq *vqs;
	struct vhost_iotlb *iotlbs;
	unsigned int group_asid[VDPASIM_GROUPS_MAX];
	u64 stall;
	struct vdpasim_fault del;
	struct vdpasim_fault suspend;
	struct vdpasim_fault resume;
	struct vdpasim_fault save;
	struct vdpasim_fault load;
	struct vdpasim_fault dirty_start;
	struct vdpasim_fault dirty_read;
	struct vdpasim_fault dirty_stop;
	struct vdpasim_fault get_vq_state;
	struct vdpasim_fault set_vq_state;
	struct vdpasim_dirty *dirty;
	struct dentry *dir;
};

static inline struct vdpasim *vdpa_to_sim(struct vdpa_device *vdpa)
{
	return container_of(vdpa, struct vdpasim, vdpa);
}

static inline bool vdpasim_has(const struct vdpasim *sim, unsigned int feature)
{
	return sim->features & BIT_ULL(feature);
}

/* Where the device is in the used ring. Under vq->lock. */
static inline u16 vdpasim_used(const struct vdpasim_vq *vq)
{
	return vq->next - vq->n_flights;
}

static inline void vdpasim_count(struct vdpasim_vq *vq, unsigned int stat, u64 n)
{
	atomic64_add(n, &vq->stats[stat]);
}

/* create.c: the life of a device */

struct vdpasim *vdpasim_create(struct vdpasim_parent *parent, const char *name, size_t size,
			       u16 nvqs, u64 features);
int vdpasim_register(struct vdpasim *sim);
void vdpasim_dev_del(struct vdpa_mgmt_dev *mdev, struct vdpa_device *vdpa);

/* device.c: the config operations */

extern const struct vdpa_config_ops vdpasim_config_ops;
int vdpasim_suspend(struct vdpa_device *vdpa);

/* run.c: whether queues may move */

void vdpasim_update_running(struct vdpasim *sim);
void vdpasim_config_changed(struct vdpasim *sim);
void vdpasim_config_late(struct vdpasim *sim);
bool vdpasim_may_move(const struct vdpasim_vq *vq);
void vdpasim_kick(struct vdpasim_vq *vq);
void vdpasim_kick_all(struct vdpasim *sim);
int vdpasim_settle(struct vdpasim *sim);
void vdpasim_broken(struct vdpasim_vq *vq, const char *why);

/* parent.c: the management device */

int vdpasim_parent_register(struct vdpasim_parent *parent);
void vdpasim_parent_unregister(struct vdpasim_parent *parent);

/* ring.c: chains in, chains out */

enum vdpasim_step vdpasim_ring_next(struct vdpasim_vq *vq, u16 ahead, struct vdpasim_chain *chain);
int vdpasim_ring_put(struct vdpasim_vq *vq, u16 ahead, u16 head, u32 written);
int vdpasim_ring_publish(struct vdpasim_vq *vq, u16 n);
void vdpasim_ring_rewind(struct vdpasim_vq *vq, u16 n);
int vdpasim_ring_complete(struct vdpasim_vq *vq, u16 head, u32 written);
int vdpasim_pull(struct vdpasim_vq *vq, struct vdpasim_iter *from, void *buf, u32 len);
int vdpasim_push(struct vdpasim_vq *vq, struct vdpasim_iter *to, const void *buf, u32 len);
u64 vdpasim_iova(const struct vdpasim_iter *iter);
void vdpasim_skip(struct vdpasim_iter *iter, u32 len);
void vdpasim_vq_work(struct work_struct *work);

enum vdpasim_step vdpasim_ring_again(struct vdpasim_vq *vq, u16 head, struct vdpasim_chain *chain);

/* flight.c: chains that are taken and not completed */

enum vdpasim_step vdpasim_flight_take(struct vdpasim_vq *vq, u16 head, u32 delay_ms);
enum vdpasim_step vdpasim_flight_due(struct vdpasim_vq *vq, u32 delay_ms,
				     struct vdpasim_chain *chain, u16 *at);
int vdpasim_flight_complete(struct vdpasim_vq *vq, u16 at, u32 written);
void vdpasim_flight_kick_later(struct vdpasim_vq *vq);
void vdpasim_flight_init(struct vdpasim_vq *vq);
void vdpasim_flight_free(struct vdpasim_vq *vq);
int vdpasim_flight_room(struct vdpasim_vq *vq);
int vdpasim_flights_land(struct vdpasim *sim, bool may_report);
void vdpasim_flights_landed(struct vdpasim *sim);
void vdpasim_flights_give_up(struct vdpasim *sim);
u64 vdpasim_flights_left_ns(struct vdpasim *sim);
int vdpasim_inflight_get(struct vdpa_device *vdpa, u16 idx, u16 *heads, unsigned int max);
int vdpasim_inflight_set(struct vdpa_device *vdpa, u16 idx, const u16 *heads, unsigned int n);

/* map.c: addresses */

int vdpasim_read(struct vdpasim_vq *vq, u64 iova, void *buf, u32 len);
int vdpasim_write(struct vdpasim_vq *vq, u64 iova, const void *buf, u32 len);
int vdpasim_read16(struct vdpasim_vq *vq, u64 iova, u16 *val);
int vdpasim_write16(struct vdpasim_vq *vq, u64 iova, u16 val);
bool vdpasim_use_va(void);
u32 vdpasim_vq_group(struct vdpasim *sim, u16 idx);
void vdpasim_place_queues(struct vdpasim *sim);
int vdpasim_maps_init(struct vdpasim *sim);
void vdpasim_maps_free(struct vdpasim *sim);
int vdpasim_dma_map(struct vdpa_device *vdpa, unsigned int asid, u64 iova, u64 size, u64 addr,
		    u32 perm, void *opaque);
int vdpasim_dma_unmap(struct vdpa_device *vdpa, unsigned int asid, u64 iova, u64 size);
int vdpasim_reset_map(struct vdpa_device *vdpa, unsigned int asid);
int vdpasim_bind_mm(struct vdpa_device *vdpa, struct mm_struct *mm);
void vdpasim_unbind_mm(struct vdpa_device *vdpa);
bool vdpasim_enter_mm(struct vdpasim *sim, struct mm_struct **mm);
void vdpasim_leave_mm(struct mm_struct *mm);

/* dirty.c: which pages a device writes */

#define VDPASIM_DIRTY_PAGE_SIZES	GENMASK_ULL(30, 12)

void vdpasim_dirty_note(struct vdpasim_vq *vq, u64 iova, u32 len);
void vdpasim_dirty_place(struct vdpasim_vq *vq, unsigned int asid);
void vdpasim_dirty_free(struct vdpasim *sim);
int vdpasim_dirty_start(struct vdpa_device *vdpa, const struct vdpa_dirty_range *ranges,
			unsigned int n, u64 page_size, struct netlink_ext_ack *extack);
int vdpasim_dirty_read(struct vdpa_device *vdpa, const struct vdpa_dirty_range *range, bool clear,
		       struct vdpa_dirty_sink *to);
int vdpasim_dirty_stop(struct vdpa_device *vdpa);

/* fault.c: what a test has asked for, if anything */

int vdpasim_fault(struct vdpasim_fault *fault);
void vdpasim_text_init(struct vdpasim_text *text, const char *word);
void vdpasim_text_read(struct vdpasim_text *text, char *word);

/* knobs.c: where it asks */

void vdpasim_knobs_parent(struct vdpasim_parent *parent);
void vdpasim_knobs_device(struct vdpasim *sim);

/* migration.c */

int vdpasim_migration_register(struct vdpasim_parent *parent);

/* stats.c */

int vdpasim_get_vendor_vq_stats(struct vdpa_device *vdpa, u16 idx, struct sk_buff *msg,
				struct netlink_ext_ack *extack);

#endif
