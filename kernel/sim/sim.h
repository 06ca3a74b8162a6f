/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interface of vdpa_sim.ko, the common part of the simulated vDPA parents.
 *
 * A class (net, block) embeds struct vdpasim at the start of its own device structure, defines a
 * struct vdpasim_class, and registers a struct vdpasim_parent. vdpa_sim.ko does everything that
 * does not depend on the class, from the config operations to the rings.
 *
 * Locks, in nesting order:
 *
 * - sim->lock protects the configuration: features, the address space of each group, dirty page
 *   tracking. A mutex; the config operations hold it.
 *
 * - vq->lock protects one virtqueue: its addresses, position, callback and address space. A mutex.
 *   A worker holds it for one bounded round, so its holder knows that the queue is not being
 *   processed. No task holds two of them.
 *
 * - sim->state_lock protects status, running, the config space and its callback, and the bound mm.
 *   A spinlock; only locks of a config callback are taken inside it.
 *
 * - sim->map_lock protects the IOTLBs. It is held over every access to mapped memory, so that no
 *   access to unmapped memory follows an unmap. An rwlock, innermost.
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

/* As in real devices: virtual machine monitors use rings of up to this size. */
#define VDPASIM_QUEUE_MAX	1024

/*
 * A driver must not build a chain longer than its ring. The device accepts indirect tables of this
 * length in any ring, because some drivers use other limits that the device announces.
 */
#define VDPASIM_CHAIN_MIN	256

/* Bytes of the largest config space of any class. */
#define VDPASIM_CONFIG_MAX	128

/* Size of a string that a test can set, with its terminator. */
#define VDPASIM_TEXT_MAX	256

/* Maximum number of chains in flight in a queue. */
#define VDPASIM_FLIGHT_MAX	min(VDPASIM_QUEUE_MAX, VDPA_VQ_INFLIGHT_MAX)

/* Maximum number of virtqueue groups of a class. */
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

/* Features that a device offers only if they are requested. */
#define VDPASIM_FEATURES_ASKED	BIT_ULL(VIRTIO_F_SUSPEND)

/* Features that a driver must accept: little-endian rings and mapped addresses. */
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
 * @iova: its start, in the address space of the queue
 * @len: its length in bytes
 */
struct vdpasim_seg {
	u64 iova;
	u32 len;
};

/**
 * struct vdpasim_scratch - the device's copy of the current chain
 * @max: maximum length of a chain
 * @segs: the buffers of the chain, device-readable ones first; placed after @table
 * @table: copy of an indirect table, made before the checks
 */
struct vdpasim_scratch {
	u16 max;
	struct vdpasim_seg *segs;
	struct vring_desc table[];
};

/**
 * struct vdpasim_iter - a position in a list of buffers
 * @seg: the current buffer
 * @off: offset in it
 * @left: bytes from here to the end of the list
 */
struct vdpasim_iter {
	const struct vdpasim_seg *seg;
	u32 off;
	u32 left;
};

/**
 * struct vdpasim_chain - a descriptor chain that the driver made available
 * @out: device-readable buffers
 * @in: device-writable buffers
 * @head: index of its first descriptor
 */
struct vdpasim_chain {
	struct vdpasim_iter out;
	struct vdpasim_iter in;
	u16 head;
};

/**
 * struct vdpasim_flight - a chain in flight: taken and not completed
 * @head: index of its first descriptor
 * @begun: being processed; false: to be taken up again, or taken over from another device
 * @since: when it began, in jiffies
 * @delay_ms: its duration; shorter if the knob is set to less meanwhile
 */
struct vdpasim_flight {
	u16 head;
	bool begun;
	unsigned long since;
	u32 delay_ms;
};

/* Counters of every queue; at most VDPASIM_STATS_CLASS counters of its class follow. */
enum {
	VDPASIM_STAT_RECEIVED,		/* chains taken from the driver */
	VDPASIM_STAT_COMPLETED,		/* chains completed */
	VDPASIM_STAT_CLASS,
};

#define VDPASIM_STATS_CLASS	12
#define VDPASIM_STATS_MAX	(VDPASIM_STAT_CLASS + VDPASIM_STATS_CLASS)

/**
 * struct vdpasim_vq - the device's side of a split virtqueue
 * @lock: see the top of this file
 * @sim: the device it belongs to
 * @work: processes one round
 * @index: its index
 * @num: entries of the ring
 * @desc: IOVA of the descriptor table
 * @driver: IOVA of the available ring
 * @device: IOVA of the used ring
 * @next: next entry of the available ring to take. While @lock is free, the used index is @next
 *	minus @n_flights (vdpasim_used()). Written under @lock, read without it.
 * @flights: chains in flight, in the order in which they were taken; NULL until allocated
 * @n_flights: number of chains in flight
 * @flights_end: when the last of them is due, in jiffies. Written under @lock, read without it for
 *	an estimate.
 * @timer: kicks the queue while chains are in flight
 * @seen: number of available chains after @next when the ring last had too few
 * @signalled: used index at the driver's last interrupt
 * @signalled_valid: @signalled was set since the queue became ready
 * @ready: enabled by the driver
 * @iotlb: the address space of its group
 * @dirty: dirty page tracking of its address space, or NULL
 * @dirty_chunk: the chunk of @dirty used last, or NULL
 * @dirty_index: index of that chunk
 * @scratch: allocated while the queue is ready
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
 * enum vdpasim_step - result of one step of a class on a queue
 * @VDPASIM_STEP_DONE: did one step; call again
 * @VDPASIM_STEP_EMPTY: no chain is available
 * @VDPASIM_STEP_IDLE: nothing to do, even if chains are available
 * @VDPASIM_STEP_BROKEN: the driver violated the specification; the device is in NEEDS_RESET
 */
enum vdpasim_step {
	VDPASIM_STEP_DONE,
	VDPASIM_STEP_EMPTY,
	VDPASIM_STEP_IDLE,
	VDPASIM_STEP_BROKEN,
};

/**
 * struct vdpasim_precopy - pre-copy operations of a class
 * @begin: start to track changes. Under sim->lock.
 * @read: write a round. Not under a lock.
 * @info: get the bytes left. Not under a lock.
 * @save: write the rest. The device is suspended. Under sim->lock.
 * @end: stop tracking changes. Under sim->lock.
 * @load: stage a round beside the device. Not under a lock.
 * @finish: load the rest on top of the staged rounds, like the class's load. Under sim->lock; the
 *	queues are stopped.
 * @drop: drop the staged rounds. Not under a lock.
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
 * struct vdpasim_class - a class of simulated devices
 * @device_id: virtio device ID
 * @config_size: bytes of the config space
 * @ngroups: number of virtqueue groups
 * @nas: number of address spaces
 * @vq_group: get the group of a queue; NULL if there is only one. Must not sleep.
 * @fill_config: write the whole config space. Under state_lock.
 * @step: take and complete one chain, if available. Under vq->lock, in a worker. Adds the
 *	bytes moved to *bytes, which also bound a round.
 * @start: the driver has set DRIVER_OK. Under sim->lock.
 * @resume: the device is resumed. Under sim->lock.
 * @stop: the device was reset. Under sim->lock; the queues are stopped.
 * @stat_names: get the names of the class's counters of a queue, ending with NULL
 * @describe: add a device's own attributes for migration. May sleep.
 * @describe_next: add the attributes of devices that would be created now. May sleep.
 * @save: write the private state of a suspended device. Under sim->lock.
 * @reports: return whether a suspend reports chains in flight instead of completing them. NULL if
 *	the class never has any. Must not sleep.
 * @load: load a private state, all or nothing. It takes effect at once if the device is suspended,
 *	else at the next start; a reset drops it. Under sim->lock; the queues are stopped.
 * @unload: undo the last load; no start, stop or resume came since. Under sim->lock; the queues are
 *	stopped.
 * @estimate: get the number of bytes that @save would write, and of bytes changed since the device
 *	was created; NULL: no estimate. Under sim->lock.
 * @precopy: pre-copy operations; NULL: no pre-copy
 * @free: free the class's part of the device, perhaps after a partly failed creation
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
 * struct vdpasim_fault - a fault that a test has set for one operation
 * @delay_ms: wait so long first
 * @errno: then fail with this error; 0: do not fail
 * @nth: fail only once, at the n-th call from now; 0: fail every time
 *
 * Plain integers, written through debugfs at any time and read once per operation.
 */
struct vdpasim_fault {
	u32 delay_ms;
	u32 errno;
	u32 nth;
};

/**
 * struct vdpasim_text - a string that a test can set
 * @lock: protects @word; nothing is taken inside it
 * @word: the string
 */
struct vdpasim_text {
	struct mutex lock; /* see above */
	char word[VDPASIM_TEXT_MAX];
};

/**
 * struct vdpasim_parent - a simulated management device
 * @mdev: for the vDPA core; the class fills in all but the device
 * @class: class of its devices
 * @name: name of the management device, its workqueue and its debugfs directory
 * @wq: workqueue for the queues of all its devices; unbound, so that a busy device does not occupy
 *	one CPU
 * @live: devices that are not freed yet
 * @drained: woken when @live falls to 0
 * @add: fault of dev_add
 * @del: fault of dev_del, which cannot fail, only take long
 * @suspend: fault of suspending any of its devices
 * @resume: fault of resuming any of its devices
 * @describe: fault of describing it or any of its devices for migration
 * @check: fault of its check of a migration
 * @save: fault of saving the state of any of its devices
 * @load: fault of loading a state into any of its devices
 * @unload: fault of undoing the load in any of its devices
 * @estimate: fault of estimating the size of the private state
 * @precopy_begin: fault of beginning a pre-copy of any of its devices
 * @precopy_read: fault of reading a round
 * @precopy_info: fault of reading the number of bytes left
 * @precopy_save: fault of saving the rest
 * @precopy_end: fault of ending a pre-copy (delay only)
 * @precopy_load: fault of staging a round
 * @precopy_drop: fault of dropping staged rounds (delay only)
 * @dirty_start: fault of starting dirty page tracking
 * @dirty_read: fault of reading dirty pages
 * @dirty_stop: fault of stopping dirty page tracking
 * @get_vq_state: fault of reading the position of a virtqueue
 * @set_vq_state: fault of setting the position of a virtqueue
 * @version: version of its saved state, for the vDPA core; empty: none is declared
 * @accepts: ranges of versions whose saved state it accepts
 * @dir: its debugfs directory
 * @devices: debugfs directory with one directory for each device
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
 * @vdpa: the vDPA core's device
 * @parent: the management device that created it
 * @lock: see the top of this file
 * @state_lock: see the top of this file
 * @map_lock: see the top of this file
 * @offered: device features
 * @features: driver features
 * @generation: generation of the config space
 * @status: virtio status
 * @suspended: suspended by the suspend operation, not by the status
 * @config_late: the config space changed while the status had SUSPEND: notify the driver at the
 *	resume
 * @landing: a suspend waits until the chains in flight are completed; no new ones are taken.
 *	Written under @state_lock, read without it.
 * @running: in use, not suspended, not in NEEDS_RESET: queues may be processed. Written under
 *	@state_lock, read without it: code that clears it takes the lock of each queue afterwards.
 * @kernel_driver: virtio_vdpa is bound, which does its own DMA mapping: addresses are physical. Any
 *	other driver can access only memory that it has mapped.
 * @mm: the user address space of the mappings' addresses; NULL: they are physical
 * @config_cb: the driver's config interrupt
 * @nvqs: number of queues
 * @vqs: the queues
 * @iotlbs: the address spaces
 * @group_asid: index of the address space of each group, under @lock
 * @stall: bit n is set: queue n is not processed
 * @del: fault of deleting it
 * @suspend: fault of suspending it
 * @resume: fault of resuming it
 * @save: fault of saving its state
 * @load: fault of loading a state into it
 * @dirty_start: fault of starting dirty page tracking
 * @dirty_read: fault of reading dirty pages
 * @dirty_stop: fault of stopping dirty page tracking
 * @get_vq_state: fault of reading the position of a virtqueue
 * @set_vq_state: fault of setting the position of a virtqueue
 * @dirty: dirty page tracking, or NULL; under @lock
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

/* Return: the position in the used ring. Under vq->lock. */
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

/* run.c: whether queues may be processed */

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

/* ring.c: the rings */

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

/* flight.c: chains in flight */

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

/* map.c: access to mapped memory */

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

/* dirty.c: dirty page tracking */

#define VDPASIM_DIRTY_PAGE_SIZES	GENMASK_ULL(30, 12)

void vdpasim_dirty_note(struct vdpasim_vq *vq, u64 iova, u32 len);
void vdpasim_dirty_place(struct vdpasim_vq *vq, unsigned int asid);
void vdpasim_dirty_free(struct vdpasim *sim);
int vdpasim_dirty_start(struct vdpa_device *vdpa, const struct vdpa_dirty_range *ranges,
			unsigned int n, u64 page_size, struct netlink_ext_ack *extack);
int vdpasim_dirty_read(struct vdpa_device *vdpa, const struct vdpa_dirty_range *range, bool clear,
		       struct vdpa_dirty_sink *to);
int vdpasim_dirty_stop(struct vdpa_device *vdpa);

/* fault.c: faults set by tests */

int vdpasim_fault(struct vdpasim_fault *fault);
void vdpasim_text_init(struct vdpasim_text *text, const char *word);
void vdpasim_text_read(struct vdpasim_text *text, char *word);

/* knobs.c: debugfs files that set faults */

void vdpasim_knobs_parent(struct vdpasim_parent *parent);
void vdpasim_knobs_device(struct vdpasim *sim);

/* migration.c */

int vdpasim_migration_register(struct vdpasim_parent *parent);

/* stats.c */

int vdpasim_get_vendor_vq_stats(struct vdpa_device *vdpa, u16 idx, struct sk_buff *msg,
				struct netlink_ext_ack *extack);

#endif
