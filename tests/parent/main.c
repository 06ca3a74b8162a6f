// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vDPA parent without hardware and without a data path, for tests.
 *
 * It needs nothing but the kernel's headers, <linux/vdpa_migration.h> and
 * <linux/vdpa_refusal.h>, so the same module loads on every vDPA core. It offers up
 * to nine management devices (see the table vtp_parents), keeps what bus drivers write
 * to its devices and hands it back, and can be told, through debugfs, to be slow, to
 * fail or to get stuck:
 *
 *   /sys/kernel/debug/vdpa_test_parent/MGMTDEV/add_delay_ms
 *                                             /del_delay_ms
 *                                             /set_status_delay_ms
 *                                             /stuck_add
 *                                             /stuck_del
 *                                             /stuck_set_status
 *                                             /stuck_query	(position or counters of a queue)
 *                                             /add_errno
 *                                             /set_attr_errno
 *                                             /suspend_errno	(halt only, as the next three)
 *                                             /stuck_suspend
 *                                             /halted	(devices now)
 *                                             /overlaps	(of calls for one device)
 *                                             /stuck_answer	(status only, as the next three)
 *                                             /fail_answer
 *                                             /standing	(devices now)
 *                                             /strays	(writes that virtio forbids)
 *                                             /waiting	(operations held up now)
 *                                             /description	(mig, flight, and more: describe.c)
 *                                             /dirty_*	(dirty only: see dirty.c)
 *                                             /inflight_get_errno	(flight only)
 *                                             /inflight_set_errno	(flight only)
 *                                             /inflight_lie	(flight only)
 *
 * No queue is ever served: a driver that waits for an answer waits forever.
 */

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <linux/vdpa_migration.h>
#include <linux/vdpa_refusal.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_byteorder.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <net/netlink.h>
#include <uapi/linux/vdpa.h>

#include "describe.h"
#include "dirty.h"
#include "kver.h"

#define VTP_NAME	"vdpa_test_parent"
#define VTP_VENDOR_ID	0x7e57
#define VTP_VQ_NUM_MAX	256
#define VTP_VQ_NUM_MIN	4
#define VTP_MAX_PAIRS	4
#define VTP_NET_VQS	(2 * VTP_MAX_PAIRS + 1)
#define VTP_BLK_VQS	2
#define VTP_ODD_VQS	1
#define VTP_BARE_VQS	1
#define VTP_HALT_VQS	2
#define VTP_STATUS_VQS	2
#define VTP_DEFAULT_MTU	1500
#define VTP_FLIGHT_MAX	8	/* chains that a queue is told to have in flight */
#define VTP_STUCK_POLL	msecs_to_jiffies(10)

static char *parents = "net,blk,odd,multi,bus";
module_param(parents, charp, 0444);
MODULE_PARM_DESC(parents, "management devices to offer, of net,blk,odd,multi,bus,mig,bare,halt,status,dirty,flight");

static char *inflight = "both";
module_param(inflight, charp, 0444);
MODULE_PARM_DESC(inflight, "operations that flight has for chains in flight: both, get or set");

static char *unmanaged;
module_param(unmanaged, charp, 0444);
MODULE_PARM_DESC(unmanaged, "name of a network device to register without management device");

static uint max_devs;
module_param(max_devs, uint, 0644);
MODULE_PARM_DESC(max_devs, "devices a management device accepts, 0 for no limit");

static bool refusal_later;
module_param(refusal_later, bool, 0444);
MODULE_PARM_DESC(refusal_later, "say why in a version of linux/vdpa_refusal.h that no core knows");

static bool packed;
module_param(packed, bool, 0444);
MODULE_PARM_DESC(packed, "devices offer packed rings, whatever features they are given");

static bool unmapped;
module_param(unmapped, bool, 0444);
MODULE_PARM_DESC(unmapped, "odd devices have groups of virtqueues and map nothing: vhost_vdpa does not take them");

/* Virtio 1.4's suspend, which the headers need not know. */
#define VTP_F_SUSPEND		43
#define VTP_S_SUSPEND		16
#define VTP_SUSPEND_BITS	(VTP_S_SUSPEND | VIRTIO_CONFIG_S_DRIVER_OK)

#define VTP_COMMON_FEATURES	(BIT_ULL(VIRTIO_F_VERSION_1) | \
				 BIT_ULL(VIRTIO_F_ACCESS_PLATFORM))

#define VTP_NET_FEATURES	(VTP_COMMON_FEATURES | \
				 BIT_ULL(VIRTIO_NET_F_MTU) | \
				 BIT_ULL(VIRTIO_NET_F_MAC) | \
				 BIT_ULL(VIRTIO_NET_F_STATUS) | \
				 BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
				 BIT_ULL(VIRTIO_NET_F_MQ) | \
				 BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR))

#define VTP_BLK_FEATURES	(VTP_COMMON_FEATURES | \
				 BIT_ULL(VIRTIO_BLK_F_SIZE_MAX) | \
				 BIT_ULL(VIRTIO_BLK_F_SEG_MAX) | \
				 BIT_ULL(VIRTIO_BLK_F_RO) | \
				 BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) | \
				 BIT_ULL(VIRTIO_BLK_F_FLUSH) | \
				 BIT_ULL(VIRTIO_BLK_F_TOPOLOGY) | \
				 BIT_ULL(VIRTIO_BLK_F_MQ) | \
				 BIT_ULL(VIRTIO_BLK_F_DISCARD) | \
				 BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES))

#define VTP_NET_ATTRS		(BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR) | \
				 BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU) | \
				 BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MAX_VQP))

/* What debugfs can change, per management device */
struct vtp_knobs {
	u32 add_delay_ms;
	u32 del_delay_ms;
	u32 set_status_delay_ms;
	bool stuck_add;
	bool stuck_del;
	bool stuck_set_status;
	bool stuck_query;
	u32 add_errno;
	u32 set_attr_errno;
	u32 suspend_errno;
	bool stuck_suspend;
	bool stuck_answer;
	bool fail_answer;
	atomic_t standing;		/* devices that their status has suspended */
	atomic_t strays;		/* status writes that no driver may do */
	u32 inflight_get_errno;
	u32 inflight_set_errno;
	bool inflight_lie;
	atomic_t waiting;		/* calls held up at this moment */
	atomic_t halted;		/* devices that stand still */
	atomic_t overlaps;		/* calls of a device during another */
};

struct vtp_parent {
	const char *key;		/* its word in the module parameter */
	const char *name;		/* the management device's name */
	bool on_bus;			/* a platform device, else one without bus */
	bool described;			/* has a description of its own: describe.c */
	bool notes_pages;		/* that its devices write: dirty.c */
	bool flies;			/* has chains in flight: what it was told */
	bool registered;
	struct platform_device *pdev;
	struct vdpa_mgmt_dev mgmt;
	struct vtp_knobs knobs;
	unsigned int ndevs;		/* changes in dev_add and dev_del only */
};

struct vtp_vq {
	u64 desc_area;
	u64 driver_area;
	u64 device_area;
	u32 num;
	bool ready;
	struct vdpa_vq_state state;
	u16 inflight[VTP_FLIGHT_MAX];
	unsigned int n_inflight;
};

struct vtp_dev {
	struct vdpa_device vdpa;
	struct vtp_parent *parent;	/* NULL for the unmanaged device */
	u32 device_id;
	u32 nvqs;
	spinlock_t status_lock;		/* of status and answering, of a device that answers */
	u8 status;
	bool halted;
	bool answering;			/* to what the status asks for, when looked at */
	atomic_t inside;		/* calls of suspend, resume and reset */
	u32 generation;
	u64 device_features;
	u64 driver_features;
	size_t config_size;
	union {
		struct virtio_net_config net;
		struct virtio_blk_config blk;
		u8 bytes[64];
	} config;
	struct vtp_vq *vqs;
};

static struct vtp_dev *to_vtp(struct vdpa_device *vdpa)
{
	return container_of(vdpa, struct vtp_dev, vdpa);
}

/*
 * Wait as long as the knobs say. Who calls may be a process: it can be killed
 * out of the wait, a kernel thread cannot. Returns 0 or -EINTR.
 */
static int vtp_linger(struct vtp_knobs *knobs, const u32 *delay_ms, const bool *stuck)
{
	unsigned long end = jiffies + msecs_to_jiffies(READ_ONCE(*delay_ms));
	int err = 0;

	atomic_inc(&knobs->waiting);
	while (!err && (READ_ONCE(*stuck) || time_before(jiffies, end))) {
		schedule_timeout_killable(VTP_STUCK_POLL);
		if (fatal_signal_pending(current))
			err = -EINTR;
	}
	atomic_dec(&knobs->waiting);

	return err;
}

static void vtp_linger_query(struct vtp_dev *dev)
{
	static const u32 no_delay;

	if (dev->parent && READ_ONCE(dev->parent->knobs.stuck_query))
		vtp_linger(&dev->parent->knobs, &no_delay, &dev->parent->knobs.stuck_query);
}

/* Virtqueues: kept, never served */

static int vtp_set_vq_address(struct vdpa_device *vdpa, u16 idx, u64 desc_area,
			      u64 driver_area, u64 device_area)
{
	struct vtp_vq *vq = &to_vtp(vdpa)->vqs[idx];

	vq->desc_area = desc_area;
	vq->driver_area = driver_area;
	vq->device_area = device_area;

	return 0;
}

static void vtp_set_vq_num(struct vdpa_device *vdpa, u16 idx, u32 num)
{
	to_vtp(vdpa)->vqs[idx].num = num;
}

static void vtp_kick_vq(struct vdpa_device *vdpa, u16 idx)
{
}

static void vtp_set_vq_cb(struct vdpa_device *vdpa, u16 idx,
			  struct vdpa_callback *cb)
{
}

static void vtp_set_vq_ready(struct vdpa_device *vdpa, u16 idx, bool ready)
{
	to_vtp(vdpa)->vqs[idx].ready = ready;
}

static bool vtp_get_vq_ready(struct vdpa_device *vdpa, u16 idx)
{
	return to_vtp(vdpa)->vqs[idx].ready;
}

static int vtp_set_vq_state(struct vdpa_device *vdpa, u16 idx,
			    const struct vdpa_vq_state *state)
{
	to_vtp(vdpa)->vqs[idx].state = *state;
	return 0;
}

static int vtp_get_vq_state(struct vdpa_device *vdpa, u16 idx,
			    struct vdpa_vq_state *state)
{
	*state = to_vtp(vdpa)->vqs[idx].state;
	vtp_linger_query(to_vtp(vdpa));
	return 0;
}

/* What was set is in flight. */
static int vtp_inflight_get(struct vdpa_device *vdpa, u16 idx, u16 *heads, unsigned int max)
{
	const struct vtp_knobs *knobs = &to_vtp(vdpa)->parent->knobs;
	const struct vtp_vq *vq = &to_vtp(vdpa)->vqs[idx];

	if (READ_ONCE(knobs->inflight_get_errno))
		return -(int)knobs->inflight_get_errno;
	if (READ_ONCE(knobs->inflight_lie))
		return max + 1;
	memcpy(heads, vq->inflight, vq->n_inflight * sizeof(*heads));
	return vq->n_inflight;
}

static int vtp_inflight_set(struct vdpa_device *vdpa, u16 idx, const u16 *heads, unsigned int n)
{
	const struct vtp_knobs *knobs = &to_vtp(vdpa)->parent->knobs;
	struct vtp_vq *vq = &to_vtp(vdpa)->vqs[idx];

	if (READ_ONCE(knobs->inflight_set_errno) && n)
		return -(int)knobs->inflight_set_errno;
	if (n > VTP_FLIGHT_MAX)
		return -ENOSPC;
	memcpy(vq->inflight, heads, n * sizeof(*heads));
	vq->n_inflight = n;
	return 0;
}

/* Counters that tell the queues apart: they are made of the index. */
static int vtp_get_vendor_vq_stats(struct vdpa_device *vdpa, u16 idx,
				   struct sk_buff *msg,
				   struct netlink_ext_ack *extack)
{
	static const char * const names[] = { "received_desc", "completed_desc" };

	if (idx >= to_vtp(vdpa)->nvqs) {
		NL_SET_ERR_MSG_MOD(extack, "no such virtqueue");
		return -EINVAL;
	}
	vtp_linger_query(to_vtp(vdpa));

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (nla_put_string(msg, VDPA_ATTR_DEV_VENDOR_ATTR_NAME, names[i]) ||
		    nla_put_u64_64bit(msg, VDPA_ATTR_DEV_VENDOR_ATTR_VALUE,
				      1000 * (idx + 1) + i, VDPA_ATTR_PAD))
			return -EMSGSIZE;
	}

	return 0;
}

static u32 vtp_get_vq_align(struct vdpa_device *vdpa)
{
	return PAGE_SIZE;
}

static u16 vtp_get_vq_num_max(struct vdpa_device *vdpa)
{
	return VTP_VQ_NUM_MAX;
}

static u16 vtp_get_vq_num_min(struct vdpa_device *vdpa)
{
	return VTP_VQ_NUM_MIN;
}

/* The device */

static u64 vtp_get_device_features(struct vdpa_device *vdpa)
{
	return to_vtp(vdpa)->device_features;
}

static int vtp_set_driver_features(struct vdpa_device *vdpa, u64 features)
{
	struct vtp_dev *dev = to_vtp(vdpa);

	dev->driver_features = features & dev->device_features;
	return 0;
}

static u64 vtp_get_driver_features(struct vdpa_device *vdpa)
{
	return to_vtp(vdpa)->driver_features;
}

static void vtp_set_config_cb(struct vdpa_device *vdpa, struct vdpa_callback *cb)
{
}

static u32 vtp_get_device_id(struct vdpa_device *vdpa)
{
	return to_vtp(vdpa)->device_id;
}

static u32 vtp_get_vendor_id(struct vdpa_device *vdpa)
{
	return VTP_VENDOR_ID;
}

static u8 vtp_get_status(struct vdpa_device *vdpa)
{
	return to_vtp(vdpa)->status;
}

static void vtp_set_status(struct vdpa_device *vdpa, u8 status)
{
	struct vtp_dev *dev = to_vtp(vdpa);
	struct vtp_knobs *knobs = dev->parent ? &dev->parent->knobs : NULL;

	if (knobs && vtp_linger(knobs, &knobs->set_status_delay_ms, &knobs->stuck_set_status))
		return;

	dev->status = status;
}

static int vtp_reset(struct vdpa_device *vdpa)
{
	struct vtp_dev *dev = to_vtp(vdpa);

	dev->status = 0;
	dev->driver_features = 0;
	memset(dev->vqs, 0, dev->nvqs * sizeof(*dev->vqs));

	return 0;
}

/* Nothing is mapped that could be cleaned up. */
static int vtp_compat_reset(struct vdpa_device *vdpa, u32 flags)
{
	return vtp_reset(vdpa);
}

/* Nothing is served that would have to stop. */
static int vtp_suspend(struct vdpa_device *vdpa)
{
	return 0;
}

/*
 * A parent that halts its devices as some hardware does: the last queue, as it were the
 * control queue, is not ready any more after that, and no resume makes it so; a suspend that
 * fails has halted it nevertheless.
 */
static void vtp_halt(struct vtp_dev *dev, bool halt)
{
	if (dev->halted == halt)
		return;
	dev->halted = halt;
	atomic_add(halt ? 1 : -1, &dev->parent->knobs.halted);
}

static void vtp_enter(struct vtp_dev *dev)
{
	if (atomic_inc_return(&dev->inside) > 1)
		atomic_inc(&dev->parent->knobs.overlaps);
}

static int vtp_halt_suspend(struct vdpa_device *vdpa)
{
	static const u32 no_delay;
	struct vtp_dev *dev = to_vtp(vdpa);
	struct vtp_knobs *knobs = &dev->parent->knobs;
	u32 err;

	vtp_enter(dev);
	vtp_linger(knobs, &no_delay, &knobs->stuck_suspend);
	vtp_halt(dev, true);
	dev->vqs[dev->nvqs - 1].ready = false;
	err = READ_ONCE(knobs->suspend_errno);
	atomic_dec(&dev->inside);

	return -(int)err;
}

static int vtp_halt_resume(struct vdpa_device *vdpa)
{
	struct vtp_dev *dev = to_vtp(vdpa);

	vtp_enter(dev);
	vtp_halt(dev, false);
	atomic_dec(&dev->inside);

	return 0;
}

static int vtp_halt_reset(struct vdpa_device *vdpa)
{
	struct vtp_dev *dev = to_vtp(vdpa);

	vtp_enter(dev);
	vtp_halt(dev, false);
	vtp_reset(vdpa);
	atomic_dec(&dev->inside);

	return 0;
}

/*
 * A device with virtio's own suspend, whose parent knows of no other. It answers not when the
 * status is written, but after it was looked at: a driver that does not look again has not waited.
 * Under status_lock.
 */
static void vtp_answer(struct vtp_dev *dev)
{
	struct vtp_knobs *knobs = &dev->parent->knobs;
	bool suspend = dev->status & VIRTIO_CONFIG_S_DRIVER_OK;

	if (!dev->answering || READ_ONCE(knobs->stuck_answer))
		return;
	dev->answering = false;
	if (READ_ONCE(knobs->fail_answer)) {
		dev->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
		return;
	}
	dev->status ^= VTP_SUSPEND_BITS;
	atomic_add(suspend ? 1 : -1, &knobs->standing);
}

static u8 vtp_status_get_status(struct vdpa_device *vdpa)
{
	struct vtp_dev *dev = to_vtp(vdpa);
	u8 status;

	spin_lock(&dev->status_lock);
	status = dev->status;
	vtp_answer(dev);
	spin_unlock(&dev->status_lock);

	return status;
}

/* No driver takes a bit back, or asks again before it has its answer. */
static bool vtp_is_stray(const struct vtp_dev *dev, u8 status)
{
	return (dev->status & ~VTP_SUSPEND_BITS & ~status) ||
	       (dev->answering && status & ~dev->status & VTP_SUSPEND_BITS);
}

static void vtp_status_set_status(struct vdpa_device *vdpa, u8 status)
{
	struct vtp_dev *dev = to_vtp(vdpa);
	u8 asked;

	spin_lock(&dev->status_lock);
	asked = status & ~dev->status & VTP_SUSPEND_BITS;
	if (vtp_is_stray(dev, status))
		atomic_inc(&dev->parent->knobs.strays);
	if (dev->status & VTP_SUSPEND_BITS) {
		dev->answering |= asked && dev->driver_features & BIT_ULL(VTP_F_SUSPEND);
		status = (status & ~VTP_SUSPEND_BITS) | (dev->status & VTP_SUSPEND_BITS);
	}
	dev->status = status;
	spin_unlock(&dev->status_lock);
}

static int vtp_status_reset(struct vdpa_device *vdpa)
{
	struct vtp_dev *dev = to_vtp(vdpa);

	spin_lock(&dev->status_lock);
	if (dev->status & VTP_S_SUSPEND)
		atomic_dec(&dev->parent->knobs.standing);
	dev->answering = false;
	vtp_reset(vdpa);
	spin_unlock(&dev->status_lock);

	return 0;
}

static size_t vtp_get_config_size(struct vdpa_device *vdpa)
{
	return to_vtp(vdpa)->config_size;
}

static void vtp_get_config(struct vdpa_device *vdpa, unsigned int offset,
			   void *buf, unsigned int len)
{
	struct vtp_dev *dev = to_vtp(vdpa);

	if (offset <= sizeof(dev->config) && len <= sizeof(dev->config) - offset)
		memcpy(buf, (u8 *)&dev->config + offset, len);
}

static void vtp_set_config(struct vdpa_device *vdpa, unsigned int offset,
			   const void *buf, unsigned int len)
{
	struct vtp_dev *dev = to_vtp(vdpa);

	if (offset <= dev->config_size && len <= dev->config_size - offset)
		memcpy((u8 *)&dev->config + offset, buf, len);
	dev->generation++;
}

static u32 vtp_get_generation(struct vdpa_device *vdpa)
{
	return to_vtp(vdpa)->generation;
}

/* Having it spares bus drivers the search for an IOMMU. */
static int vtp_set_map(struct vdpa_device *vdpa, unsigned int asid,
		       struct vhost_iotlb *iotlb)
{
	return 0;
}

static void vtp_free(struct vdpa_device *vdpa)
{
	kfree(to_vtp(vdpa)->vqs);
}

#define VTP_DEVICE_OPS(reset_op)					\
	VTP_STATUS_OPS(vtp_get_status, vtp_set_status, reset_op)

#define VTP_STATUS_OPS(get_status_op, set_status_op, reset_op)		\
	.set_vq_address		= vtp_set_vq_address,			\
	.set_vq_num		= vtp_set_vq_num,			\
	.kick_vq		= vtp_kick_vq,				\
	.set_vq_cb		= vtp_set_vq_cb,			\
	.set_vq_ready		= vtp_set_vq_ready,			\
	.get_vq_ready		= vtp_get_vq_ready,			\
	.get_vq_align		= vtp_get_vq_align,			\
	.get_device_features	= vtp_get_device_features,		\
	.set_driver_features	= vtp_set_driver_features,		\
	.get_driver_features	= vtp_get_driver_features,		\
	.set_config_cb		= vtp_set_config_cb,			\
	.get_vq_num_max		= vtp_get_vq_num_max,			\
	.get_vq_num_min		= vtp_get_vq_num_min,			\
	.get_device_id		= vtp_get_device_id,			\
	.get_vendor_id		= vtp_get_vendor_id,			\
	.get_status		= get_status_op,			\
	.set_status		= set_status_op,			\
	.reset			= reset_op,				\
	.get_config_size	= vtp_get_config_size,			\
	.get_config		= vtp_get_config,			\
	.set_config		= vtp_set_config,			\
	.get_generation		= vtp_get_generation,			\
	.set_map		= vtp_set_map,				\
	.free			= vtp_free

#define VTP_VQ_STATE_OPS						\
	.set_vq_state		= vtp_set_vq_state,			\
	.get_vq_state		= vtp_get_vq_state

static const struct vdpa_config_ops vtp_net_ops = {
	VTP_DEVICE_OPS(vtp_reset),
	VTP_VQ_STATE_OPS,
	.get_vendor_vq_stats	= vtp_get_vendor_vq_stats,
};

/* Without counters: what the core says then is worth a test. */
static const struct vdpa_config_ops vtp_other_ops = {
	VTP_DEVICE_OPS(vtp_reset),
	VTP_VQ_STATE_OPS,
};

/* As above, without set_map; filled in when the module is loaded. */
static struct vdpa_config_ops vtp_unmapped_ops;

/* Half of what belongs together: it stops and does not go on, and knows of no position. */
static const struct vdpa_config_ops vtp_bare_ops = {
	VTP_DEVICE_OPS(vtp_reset),
	.compat_reset		= vtp_compat_reset,
	.suspend		= vtp_suspend,
};

static const struct vdpa_config_ops vtp_halt_ops = {
	VTP_DEVICE_OPS(vtp_halt_reset),
	VTP_VQ_STATE_OPS,
	.suspend		= vtp_halt_suspend,
	.resume			= vtp_halt_resume,
};

static const struct vdpa_config_ops vtp_status_ops = {
	VTP_STATUS_OPS(vtp_status_get_status, vtp_status_set_status, vtp_status_reset),
	VTP_VQ_STATE_OPS,
};

/* Making devices */

static int vtp_init_net(struct vtp_dev *dev, const struct vdpa_dev_set_config *set)
{
	struct virtio_net_config *net = &dev->config.net;
	u16 pairs = VTP_MAX_PAIRS;

	if (set->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MAX_VQP))
		pairs = set->net.max_vq_pairs;
	if (!pairs || pairs > VTP_MAX_PAIRS)
		return -EINVAL;

	dev->nvqs = 2 * pairs;
	if (dev->device_features & BIT_ULL(VIRTIO_NET_F_CTRL_VQ))
		dev->nvqs++;
	net->max_virtqueue_pairs = __cpu_to_virtio16(true, pairs);
	net->status = __cpu_to_virtio16(true, VIRTIO_NET_S_LINK_UP);
	net->mtu = __cpu_to_virtio16(true, VTP_DEFAULT_MTU);
	if (set->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU))
		net->mtu = __cpu_to_virtio16(true, set->net.mtu);
	if (set->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR))
		ether_addr_copy(net->mac, set->net.mac);
	dev->config_size = sizeof(*net);

	return 0;
}

static int vtp_init_blk(struct vtp_dev *dev, const struct vdpa_dev_set_config *set)
{
	dev->nvqs = VTP_BLK_VQS;
	dev->config_size = sizeof(dev->config.blk);
	dev->config.blk = (struct virtio_blk_config) {
		.capacity			= __cpu_to_virtio64(true, 0x123456789abULL),
		.size_max			= __cpu_to_virtio32(true, 65536),
		.seg_max			= __cpu_to_virtio32(true, 126),
		.blk_size			= __cpu_to_virtio32(true, 4096),
		.physical_block_exp		= 3,
		.alignment_offset		= 1,
		.min_io_size			= __cpu_to_virtio16(true, 8),
		.opt_io_size			= __cpu_to_virtio32(true, 2048),
		.num_queues			= __cpu_to_virtio16(true, VTP_BLK_VQS),
		.max_discard_sectors		= __cpu_to_virtio32(true, 8388607),
		.max_discard_seg		= __cpu_to_virtio32(true, 17),
		.discard_sector_alignment	= __cpu_to_virtio32(true, 16),
		.max_write_zeroes_sectors	= __cpu_to_virtio32(true, 4194303),
		.max_write_zeroes_seg		= __cpu_to_virtio32(true, 9),
	};

	return 0;
}

static int vtp_init_odd(struct vtp_dev *dev, const struct vdpa_dev_set_config *set)
{
	dev->nvqs = VTP_ODD_VQS;
	dev->config_size = sizeof(dev->config.bytes);

	return 0;
}

static int vtp_init_bare(struct vtp_dev *dev, const struct vdpa_dev_set_config *set)
{
	dev->nvqs = VTP_BARE_VQS;

	return 0;
}

static int vtp_init_halt(struct vtp_dev *dev, const struct vdpa_dev_set_config *set)
{
	dev->nvqs = VTP_HALT_VQS;

	return 0;
}

static int vtp_init_status(struct vtp_dev *dev, const struct vdpa_dev_set_config *set)
{
	dev->nvqs = VTP_STATUS_VQS;

	return 0;
}

static const struct vtp_class {
	u32 device_id;
	u64 features;		/* what a device gets when none are asked for */
	const struct vdpa_config_ops *ops;
	int (*init)(struct vtp_dev *dev, const struct vdpa_dev_set_config *set);
} vtp_classes[] = {
	{ VIRTIO_ID_NET, VTP_NET_FEATURES, &vtp_net_ops, vtp_init_net },
	{ VIRTIO_ID_BLOCK, VTP_BLK_FEATURES & ~BIT_ULL(VIRTIO_BLK_F_RO),
	  &vtp_other_ops, vtp_init_blk },
	{ VIRTIO_ID_CRYPTO, VTP_COMMON_FEATURES, &vtp_other_ops, vtp_init_odd },
	{ VIRTIO_ID_RPMB, VTP_COMMON_FEATURES, &vtp_bare_ops, vtp_init_bare },
	{ VIRTIO_ID_IOMMU, VTP_COMMON_FEATURES, &vtp_halt_ops, vtp_init_halt },
	{ VIRTIO_ID_GPIO, VTP_COMMON_FEATURES | BIT_ULL(VTP_F_SUSPEND), &vtp_status_ops,
	  vtp_init_status },
};

static const struct vtp_class *vtp_class_of(u32 device_id)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(vtp_classes); i++)
		if (vtp_classes[i].device_id == device_id)
			return &vtp_classes[i];

	return NULL;
}

static struct vtp_dev *vtp_create(struct device *parent, const char *name,
				  const struct vtp_class *class,
				  const struct vdpa_dev_set_config *set)
{
	bool mapless = unmapped && class->device_id == VIRTIO_ID_CRYPTO;
	struct vdpa_device *vdpa;
	struct vtp_dev *dev;
	int err;

	vdpa = kver_alloc_device(parent, mapless ? &vtp_unmapped_ops : class->ops, 1 + mapless, 1,
				 sizeof(*dev), name, false);
	if (IS_ERR(vdpa))
		return ERR_CAST(vdpa);

	dev = container_of(vdpa, struct vtp_dev, vdpa);
	spin_lock_init(&dev->status_lock);
	kver_set_dma_self(vdpa);
	dev->device_id = class->device_id;
	dev->device_features = class->features;
	if (set->mask & BIT_ULL(VDPA_ATTR_DEV_FEATURES))
		dev->device_features = set->device_features;
	if (packed)
		dev->device_features |= BIT_ULL(VIRTIO_F_RING_PACKED);

	err = class->init(dev, set);
	if (err)
		goto err_put;

	err = -ENOMEM;
	dev->vqs = kcalloc(dev->nvqs, sizeof(*dev->vqs), GFP_KERNEL);
	if (!dev->vqs)
		goto err_put;

	return dev;

err_put:
	put_device(&dev->vdpa.dev);
	return ERR_PTR(err);
}

/* Of several classes: the network class where one of its attributes is given. */
static const struct vtp_class *vtp_choose_class(const struct vdpa_mgmt_dev *mgmt,
						const struct vdpa_dev_set_config *set)
{
	const struct virtio_device_id *id = mgmt->id_table;

	if (id[1].device && !(set->mask & VTP_NET_ATTRS))
		id++;

	return vtp_class_of(id->device);
}

static struct vtp_parent *to_parent(struct vdpa_mgmt_dev *mgmt)
{
	return container_of(mgmt, struct vtp_parent, mgmt);
}

static void vtp_refuse(struct vdpa_mgmt_dev *mgmt, const char *reason)
{
	bool (*refuse)(unsigned int version, struct vdpa_mgmt_dev *mdev, enum vdpa_attr attr,
		       const char *reason);

	if (!refusal_later) {
		vdpa_mgmtdev_refuse(mgmt, 0, reason);
		return;
	}
	refuse = symbol_get(__vdpa_mgmtdev_refuse);
	if (!refuse)
		return;
	if (refuse(VDPA_REFUSAL_VERSION + 1, mgmt, 0, reason))
		dev_warn(mgmt->device, "the core took a reason of a version that it cannot know\n");
	symbol_put(__vdpa_mgmtdev_refuse);
}

static int vtp_dev_add(struct vdpa_mgmt_dev *mgmt, const char *name,
		       const struct vdpa_dev_set_config *set)
{
	struct vtp_parent *parent = to_parent(mgmt);
	struct vtp_knobs *knobs = &parent->knobs;
	struct vtp_dev *dev;
	int err;

	err = vtp_linger(knobs, &knobs->add_delay_ms, &knobs->stuck_add);
	if (err)
		return err;
	if (knobs->add_errno)
		return -(int)knobs->add_errno;
	if (max_devs && parent->ndevs >= max_devs) {
		vtp_refuse(mgmt, "it has as many devices as max_devs says");
		return -ENOSPC;
	}
	if (set->device_features & ~mgmt->supported_features)
		return -EINVAL;

	dev = vtp_create(mgmt->device, name, vtp_choose_class(mgmt, set), set);
	if (IS_ERR(dev))
		return PTR_ERR(dev);

	dev->parent = parent;
	dev->vdpa.mdev = mgmt;
	err = _vdpa_register_device(&dev->vdpa, dev->nvqs);
	if (err) {
		put_device(&dev->vdpa.dev);
		return err;
	}
	parent->ndevs++;

	return 0;
}

static void vtp_dev_del(struct vdpa_mgmt_dev *mgmt, struct vdpa_device *vdpa)
{
	struct vtp_parent *parent = to_parent(mgmt);
	struct vtp_knobs *knobs = &parent->knobs;

	vtp_linger(knobs, &knobs->del_delay_ms, &knobs->stuck_del);
	parent->ndevs--;
	_vdpa_unregister_device(vdpa);
}

static int vtp_dev_set_attr(struct vdpa_mgmt_dev *mgmt, struct vdpa_device *vdpa,
			    const struct vdpa_dev_set_config *set)
{
	u32 set_attr_errno = to_parent(mgmt)->knobs.set_attr_errno;
	struct vtp_dev *dev = to_vtp(vdpa);

	if (set_attr_errno)
		return -(int)set_attr_errno;
	if (dev->device_id != VIRTIO_ID_NET ||
	    set->mask != BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR))
		return -EOPNOTSUPP;

	ether_addr_copy(dev->config.net.mac, set->net.mac);
	dev->generation++;

	return 0;
}

static const struct vdpa_mgmtdev_ops vtp_mgmt_ops = {
	.dev_add	= vtp_dev_add,
	.dev_del	= vtp_dev_del,
	.dev_set_attr	= vtp_dev_set_attr,
};

/* The one on a bus cannot change a device after it was created. */
static const struct vdpa_mgmtdev_ops vtp_mgmt_ops_fixed = {
	.dev_add	= vtp_dev_add,
	.dev_del	= vtp_dev_del,
};

static struct virtio_device_id vtp_id_net[] = {
	{ VIRTIO_ID_NET, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct virtio_device_id vtp_id_blk[] = {
	{ VIRTIO_ID_BLOCK, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct virtio_device_id vtp_id_odd[] = {
	{ VIRTIO_ID_CRYPTO, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct virtio_device_id vtp_id_status[] = {
	{ VIRTIO_ID_GPIO, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct virtio_device_id vtp_id_bare[] = {
	{ VIRTIO_ID_RPMB, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct virtio_device_id vtp_id_halt[] = {
	{ VIRTIO_ID_IOMMU, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct virtio_device_id vtp_id_multi[] = {
	{ VIRTIO_ID_NET, VIRTIO_DEV_ANY_ID },
	{ VIRTIO_ID_BLOCK, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct vtp_parent vtp_parents[] = {
	{
		.key = "net",
		.name = "vdpatest_net",
		.mgmt = {
			.ops = &vtp_mgmt_ops,
			.id_table = vtp_id_net,
			.config_attr_mask = VTP_NET_ATTRS |
					    BIT_ULL(VDPA_ATTR_DEV_FEATURES),
			.supported_features = VTP_NET_FEATURES,
			.max_supported_vqs = VTP_NET_VQS,
		},
	}, {
		.key = "blk",
		.name = "vdpatest_blk",
		.mgmt = {
			.ops = &vtp_mgmt_ops,
			.id_table = vtp_id_blk,
			.config_attr_mask = BIT_ULL(VDPA_ATTR_DEV_FEATURES),
			.supported_features = VTP_BLK_FEATURES,
			.max_supported_vqs = VTP_BLK_VQS,
		},
	}, {
		/* a class whose configuration no core knows, no attributes */
		.key = "odd",
		.name = "vdpatest_odd",
		.mgmt = {
			.ops = &vtp_mgmt_ops,
			.id_table = vtp_id_odd,
			.supported_features = VTP_COMMON_FEATURES,
			.max_supported_vqs = VTP_ODD_VQS,
		},
	}, {
		.key = "multi",
		.name = "vdpatest_multi",
		.mgmt = {
			.ops = &vtp_mgmt_ops,
			.id_table = vtp_id_multi,
			.config_attr_mask = VTP_NET_ATTRS |
					    BIT_ULL(VDPA_ATTR_DEV_FEATURES),
			.supported_features = VTP_NET_FEATURES | VTP_BLK_FEATURES,
			.max_supported_vqs = VTP_NET_VQS,
		},
	}, {
		.key = "bus",
		.name = "vdpatest_bus",
		.on_bus = true,
		.mgmt = {
			.ops = &vtp_mgmt_ops_fixed,
			.id_table = vtp_id_net,
			.config_attr_mask = BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR),
			.supported_features = VTP_NET_FEATURES,
			.max_supported_vqs = VTP_NET_VQS,
		},
	}, {
		/* not offered unless asked for */
		.key = "mig",
		.name = "vdpatest_mig",
		.described = true,
		.mgmt = {
			.ops = &vtp_mgmt_ops,
			.id_table = vtp_id_net,
			.config_attr_mask = VTP_NET_ATTRS |
					    BIT_ULL(VDPA_ATTR_DEV_FEATURES),
			.supported_features = VTP_NET_FEATURES,
			.max_supported_vqs = VTP_NET_VQS,
		},
	}, {
		/* not offered unless asked for: takes what none of its devices can have */
		.key = "bare",
		.name = "vdpatest_bare",
		.mgmt = {
			.ops = &vtp_mgmt_ops,
			.id_table = vtp_id_bare,
			.config_attr_mask = BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR),
			.supported_features = VTP_COMMON_FEATURES,
			.max_supported_vqs = VTP_BARE_VQS,
		},
	}, {
		/* not offered unless asked for */
		.key = "halt",
		.name = "vdpatest_halt",
		.mgmt = {
			.ops = &vtp_mgmt_ops,
			.id_table = vtp_id_halt,
			.supported_features = VTP_COMMON_FEATURES,
			.max_supported_vqs = VTP_HALT_VQS,
		},
	}, {
		/* not offered unless asked for */
		.key = "status",
		.name = "vdpatest_status",
		.described = true,
		.mgmt = {
			.ops = &vtp_mgmt_ops,
			.id_table = vtp_id_status,
			.config_attr_mask = BIT_ULL(VDPA_ATTR_DEV_FEATURES),
			.supported_features = VTP_COMMON_FEATURES | BIT_ULL(VTP_F_SUSPEND),
			.max_supported_vqs = VTP_STATUS_VQS,
		},
	}, {
		/* not offered unless asked for */
		.key = "dirty",
		.name = "vdpatest_dirty",
		.notes_pages = true,
		.mgmt = {
			.ops = &vtp_mgmt_ops,
			.id_table = vtp_id_net,
			.config_attr_mask = VTP_NET_ATTRS |
					    BIT_ULL(VDPA_ATTR_DEV_FEATURES),
			.supported_features = VTP_NET_FEATURES,
			.max_supported_vqs = VTP_NET_VQS,
		},
	}, {
		/* not offered unless asked for */
		.key = "flight",
		.name = "vdpatest_flight",
		.described = true,
		.flies = true,
		.mgmt = {
			.ops = &vtp_mgmt_ops,
			.id_table = vtp_id_halt,
			.supported_features = VTP_COMMON_FEATURES,
			.max_supported_vqs = VTP_HALT_VQS,
		},
	},
};

/* Coming and going */

static struct dentry *vtp_debugfs;
static struct vtp_dev *vtp_unmanaged_dev;
static struct device *vtp_unmanaged_root;

static void vtp_add_knobs(struct vtp_parent *parent)
{
	struct vtp_knobs *knobs = &parent->knobs;
	struct dentry *dir;

	dir = debugfs_create_dir(dev_name(parent->mgmt.device), vtp_debugfs);
	debugfs_create_u32("add_delay_ms", 0600, dir, &knobs->add_delay_ms);
	debugfs_create_u32("del_delay_ms", 0600, dir, &knobs->del_delay_ms);
	debugfs_create_u32("set_status_delay_ms", 0600, dir,
			   &knobs->set_status_delay_ms);
	debugfs_create_bool("stuck_add", 0600, dir, &knobs->stuck_add);
	debugfs_create_bool("stuck_del", 0600, dir, &knobs->stuck_del);
	debugfs_create_bool("stuck_set_status", 0600, dir, &knobs->stuck_set_status);
	debugfs_create_bool("stuck_query", 0600, dir, &knobs->stuck_query);
	debugfs_create_u32("add_errno", 0600, dir, &knobs->add_errno);
	debugfs_create_u32("set_attr_errno", 0600, dir, &knobs->set_attr_errno);
	debugfs_create_u32("suspend_errno", 0600, dir, &knobs->suspend_errno);
	debugfs_create_bool("stuck_suspend", 0600, dir, &knobs->stuck_suspend);
	debugfs_create_bool("stuck_answer", 0600, dir, &knobs->stuck_answer);
	debugfs_create_bool("fail_answer", 0600, dir, &knobs->fail_answer);
	debugfs_create_atomic_t("standing", 0400, dir, &knobs->standing);
	debugfs_create_atomic_t("strays", 0400, dir, &knobs->strays);
	debugfs_create_atomic_t("waiting", 0400, dir, &knobs->waiting);
	debugfs_create_atomic_t("halted", 0400, dir, &knobs->halted);
	debugfs_create_atomic_t("overlaps", 0400, dir, &knobs->overlaps);
	if (parent->described)
		vtp_add_description(dir);
	if (parent->notes_pages)
		vtp_add_dirty(dir, &knobs->waiting);
	if (parent->flies) {
		debugfs_create_u32("inflight_get_errno", 0600, dir, &knobs->inflight_get_errno);
		debugfs_create_u32("inflight_set_errno", 0600, dir, &knobs->inflight_set_errno);
		debugfs_create_bool("inflight_lie", 0600, dir, &knobs->inflight_lie);
	}
}

static void vtp_put_device(struct vtp_parent *parent)
{
	if (parent->on_bus)
		platform_device_unregister(parent->pdev);
	else
		root_device_unregister(parent->mgmt.device);
}

static int vtp_get_device(struct vtp_parent *parent)
{
	if (parent->on_bus) {
		parent->pdev = platform_device_register_simple(parent->name, 0, NULL, 0);
		if (IS_ERR(parent->pdev))
			return PTR_ERR(parent->pdev);
		parent->mgmt.device = &parent->pdev->dev;
		return 0;
	}

	parent->mgmt.device = root_device_register(parent->name);

	return PTR_ERR_OR_ZERO(parent->mgmt.device);
}

static int vtp_register(struct vtp_parent *parent)
{
	struct vdpa_migration_ops ops = { .size = sizeof(ops) };

	if (parent->notes_pages)
		return vtp_register_dirty(&parent->mgmt);
	if (!parent->described)
		return vdpa_mgmtdev_register(&parent->mgmt);
	if (parent->flies && strcmp(inflight, "set"))
		ops.vq_inflight_get = vtp_inflight_get;
	if (parent->flies && strcmp(inflight, "get"))
		ops.vq_inflight_set = vtp_inflight_set;
	return vtp_register_described(&parent->mgmt, &ops);
}

static int vtp_add_parent(struct vtp_parent *parent)
{
	int err;

	err = vtp_get_device(parent);
	if (err)
		return err;

	err = vtp_register(parent);
	if (err) {
		vtp_put_device(parent);
		return err;
	}
	parent->registered = true;
	vtp_add_knobs(parent);

	return 0;
}

/* The knobs stay to the last: one of them may be what holds up the rest. */
static void vtp_remove_parents(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(vtp_parents); i++) {
		if (!vtp_parents[i].registered)
			continue;
		vdpa_mgmtdev_unregister(&vtp_parents[i].mgmt);
		vtp_put_device(&vtp_parents[i]);
	}
	debugfs_remove(vtp_debugfs);
	vtp_free_description();
}

/* Without a control queue: any driver may take it, and one would wait there forever. */
static int vtp_add_unmanaged(void)
{
	const struct vdpa_dev_set_config set = {
		.mask = BIT_ULL(VDPA_ATTR_DEV_FEATURES),
		.device_features = VTP_COMMON_FEATURES,
	};
	struct vtp_dev *dev;
	int err;

	vtp_unmanaged_root = root_device_register("vdpatest_unmanaged");
	if (IS_ERR(vtp_unmanaged_root))
		return PTR_ERR(vtp_unmanaged_root);

	dev = vtp_create(vtp_unmanaged_root, unmanaged,
			 vtp_class_of(VIRTIO_ID_NET), &set);
	if (IS_ERR(dev)) {
		err = PTR_ERR(dev);
		goto err_root;
	}

	err = vdpa_register_device(&dev->vdpa, dev->nvqs);
	if (err)
		goto err_dev;
	vtp_unmanaged_dev = dev;

	return 0;

err_dev:
	put_device(&dev->vdpa.dev);
err_root:
	root_device_unregister(vtp_unmanaged_root);
	return err;
}

static bool vtp_asked_for(const char *key)
{
	size_t len = strlen(key);
	const char *word = parents;

	while (word && *word) {
		if (!strncmp(word, key, len) && (!word[len] || word[len] == ','))
			return true;
		word = strchr(word, ',');
		if (word)
			word++;
	}

	return false;
}

static int __init vtp_init(void)
{
	int err = 0;

	vtp_unmapped_ops = vtp_other_ops;
	vtp_unmapped_ops.set_map = NULL;
	vtp_debugfs = debugfs_create_dir(VTP_NAME, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(vtp_parents); i++) {
		if (!vtp_asked_for(vtp_parents[i].key))
			continue;
		err = vtp_add_parent(&vtp_parents[i]);
		if (err)
			goto err_parents;
	}
	if (unmanaged && *unmanaged)
		err = vtp_add_unmanaged();
	if (err)
		goto err_parents;

	return 0;

err_parents:
	vtp_remove_parents();
	return err;
}

static void __exit vtp_exit(void)
{
	if (vtp_unmanaged_dev) {
		vdpa_unregister_device(&vtp_unmanaged_dev->vdpa);
		root_device_unregister(vtp_unmanaged_root);
	}
	vtp_remove_parents();
}

module_init(vtp_init);
module_exit(vtp_exit);

MODULE_DESCRIPTION("vDPA parent without hardware, for tests");
MODULE_LICENSE("GPL");
