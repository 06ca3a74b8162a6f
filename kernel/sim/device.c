// SPDX-License-Identifier: GPL-2.0-only
/* A simulated device: its life, its state and the config operations of the vDPA core. */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vdpa_refusal.h>
#include <uapi/linux/vhost_types.h>
#include <uapi/linux/virtio_config.h>

#include "sim.h"

/* What a driver has to accept: rings are little-endian, and their addresses go through a map. */
#define FEATURES_REQUIRED	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM))

/* Status bits with which a device works. */
#define STATUS_WORKING		(VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)

/* Status bits with which it does not, whatever else is set. */
#define STATUS_STUCK		(VIRTIO_CONFIG_S_NEEDS_RESET | VIRTIO_CONFIG_S_FAILED)

/* Rings start where the page they lie in does: what virtio drivers allocate anyway. */
#define VQ_ALIGN		PAGE_SIZE

/* Under state_lock. */
static void update_running(struct vdpasim *sim)
{
	u8 state = sim->status & (STATUS_WORKING | STATUS_STUCK);

	WRITE_ONCE(sim->running, state == STATUS_WORKING && !sim->suspended);
}

/**
 * vdpasim_may_move - may this queue take anything from the driver?
 * @vq: queue; the answer holds for as long as its lock does, but for whoever is about to take that
 *
 * Return: whether it may.
 */
bool vdpasim_may_move(const struct vdpasim_vq *vq)
{
	return READ_ONCE(vq->sim->running) && READ_ONCE(vq->ready) &&
	       !(READ_ONCE(vq->sim->stall) & BIT_ULL(vq->index));
}

/**
 * vdpasim_kick - let a queue work
 * @vq: queue
 *
 * In any context. A queue that may not move does not remember it: it is kicked again when it may.
 */
void vdpasim_kick(struct vdpasim_vq *vq)
{
	if (vdpasim_may_move(vq))
		queue_work(vq->sim->parent->wq, &vq->work);
}
EXPORT_SYMBOL_GPL(vdpasim_kick);

/**
 * vdpasim_kick_all - let all queues of a device work
 * @sim: device
 */
void vdpasim_kick_all(struct vdpasim *sim)
{
	u16 i;

	for (i = 0; i < sim->nvqs; i++)
		vdpasim_kick(&sim->vqs[i]);
}

/**
 * vdpasim_settle - wait until each queue has seen what stops it
 * @sim: device
 *
 * A round that is on its way finishes the request it has begun. May sleep; takes the lock of each
 * queue. Return: 0, or -EINTR on a fatal signal.
 */
int vdpasim_settle(struct vdpasim *sim)
{
	u16 i;

	for (i = 0; i < sim->nvqs; i++) {
		if (mutex_lock_killable(&sim->vqs[i].lock))
			return -EINTR;
		mutex_unlock(&sim->vqs[i].lock);
	}
	return 0;
}

/* Under state_lock, so that the callback is not taken away meanwhile. */
static void config_interrupt(struct vdpasim *sim)
{
	if (sim->config_cb.callback)
		sim->config_cb.callback(sim->config_cb.private);
}

/**
 * vdpasim_config_changed - tell the driver that the config space is another now
 * @sim: device; what it is filled from has been changed under its state_lock
 *
 * Takes state_lock.
 */
void vdpasim_config_changed(struct vdpasim *sim)
{
	spin_lock(&sim->state_lock);
	sim->generation++;
	config_interrupt(sim);
	spin_unlock(&sim->state_lock);
}
EXPORT_SYMBOL_GPL(vdpasim_config_changed);

/**
 * vdpasim_broken - the driver has broken the rules of its rings: stop until it resets the device
 * @vq: where
 * @why: what it did
 *
 * Takes state_lock.
 */
void vdpasim_broken(struct vdpasim_vq *vq, const char *why)
{
	struct vdpasim *sim = vq->sim;
	bool first;

	spin_lock(&sim->state_lock);
	first = !(sim->status & VIRTIO_CONFIG_S_NEEDS_RESET);
	if (first) {
		sim->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
		update_running(sim);
		config_interrupt(sim);
	}
	spin_unlock(&sim->state_lock);

	if (first)
		dev_warn_ratelimited(&sim->vdpa.dev, "virtqueue %u: %s; the device needs a reset\n",
				     vq->index, why);
}
EXPORT_SYMBOL_GPL(vdpasim_broken);

static struct vdpasim_vq *to_vq(struct vdpa_device *vdpa, u16 idx)
{
	return &vdpa_to_sim(vdpa)->vqs[idx];
}

static int set_vq_address(struct vdpa_device *vdpa, u16 idx, u64 desc, u64 driver, u64 device)
{
	struct vdpasim_vq *vq = to_vq(vdpa, idx);

	if (!IS_ALIGNED(desc, VRING_DESC_ALIGN_SIZE) ||
	    !IS_ALIGNED(driver, VRING_AVAIL_ALIGN_SIZE) ||
	    !IS_ALIGNED(device, VRING_USED_ALIGN_SIZE))
		return -EINVAL;

	mutex_lock(&vq->lock);
	vq->desc = desc;
	vq->driver = driver;
	vq->device = device;
	mutex_unlock(&vq->lock);
	return 0;
}

/* A queue without a valid size does not become ready. */
static void set_vq_num(struct vdpa_device *vdpa, u16 idx, u32 num)
{
	struct vdpasim_vq *vq = to_vq(vdpa, idx);

	mutex_lock(&vq->lock);
	if (!vq->ready)
		vq->num = num <= VDPASIM_QUEUE_MAX && is_power_of_2(num) ? num : 0;
	mutex_unlock(&vq->lock);
}

static void kick_vq(struct vdpa_device *vdpa, u16 idx)
{
	vdpasim_kick(to_vq(vdpa, idx));
}

static void set_vq_cb(struct vdpa_device *vdpa, u16 idx, struct vdpa_callback *cb)
{
	struct vdpasim_vq *vq = to_vq(vdpa, idx);

	mutex_lock(&vq->lock);
	vq->cb = *cb;
	mutex_unlock(&vq->lock);
}

/* Under vq->lock. */
static void vq_enable(struct vdpasim_vq *vq)
{
	struct device *dev = &vq->sim->vdpa.dev;

	if (!vq->num) {
		dev_warn_ratelimited(dev, "virtqueue %u: enabled without a valid size\n",
				     vq->index);
		return;
	}
	vq->scratch = kvmalloc(sizeof(*vq->scratch), GFP_KERNEL);
	if (!vq->scratch)
		return;
	vq->signalled_valid = false;
	WRITE_ONCE(vq->ready, true);
}

/* Under vq->lock. */
static void vq_disable(struct vdpasim_vq *vq)
{
	WRITE_ONCE(vq->ready, false);
	kvfree(vq->scratch);
	vq->scratch = NULL;
}

static void set_vq_ready(struct vdpa_device *vdpa, u16 idx, bool ready)
{
	struct vdpasim_vq *vq = to_vq(vdpa, idx);

	mutex_lock(&vq->lock);
	if (ready && !vq->ready)
		vq_enable(vq);
	else if (!ready && vq->ready)
		vq_disable(vq);
	mutex_unlock(&vq->lock);
	vdpasim_kick(vq);
}

static bool get_vq_ready(struct vdpa_device *vdpa, u16 idx)
{
	return READ_ONCE(to_vq(vdpa, idx)->ready);
}

static int set_vq_state(struct vdpa_device *vdpa, u16 idx, const struct vdpa_vq_state *state)
{
	struct vdpasim_vq *vq = to_vq(vdpa, idx);
	int err;

	err = vdpasim_fault(&vq->sim->parent->set_vq_state) ?:
	      vdpasim_fault(&vq->sim->set_vq_state);
	if (err)
		return err;

	mutex_lock(&vq->lock);
	if (READ_ONCE(vq->sim->running) && vq->ready)
		err = -EBUSY;
	else
		WRITE_ONCE(vq->next, state->split.avail_index);
	mutex_unlock(&vq->lock);
	return err;
}

static int get_vq_state(struct vdpa_device *vdpa, u16 idx, struct vdpa_vq_state *state)
{
	struct vdpasim_vq *vq = to_vq(vdpa, idx);
	int err;

	err = vdpasim_fault(&vq->sim->parent->get_vq_state) ?:
	      vdpasim_fault(&vq->sim->get_vq_state);
	if (!err)
		state->split.avail_index = READ_ONCE(vq->next);
	return err;
}

static u16 get_vq_size(struct vdpa_device *vdpa, u16 idx)
{
	struct vdpasim_vq *vq = to_vq(vdpa, idx);

	return READ_ONCE(vq->ready) ? READ_ONCE(vq->num) : VDPASIM_QUEUE_MAX;
}

static u32 get_vq_align(struct vdpa_device *vdpa)
{
	return VQ_ALIGN;
}

static u32 get_vq_group(struct vdpa_device *vdpa, u16 idx)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	const struct vdpasim_class *class = sim->parent->class;

	return class->vq_group ? class->vq_group(sim, idx) : 0;
}

static u64 get_device_features(struct vdpa_device *vdpa)
{
	return vdpa_to_sim(vdpa)->offered;
}

static u64 get_backend_features(const struct vdpa_device *vdpa)
{
	return BIT_ULL(VHOST_BACKEND_F_ENABLE_AFTER_DRIVER_OK);
}

/* Under sim->lock: let each queue look addresses up in the address space its group is in. */
static void place_queues(struct vdpasim *sim)
{
	struct vdpasim_vq *vq;
	u16 i;

	for (i = 0; i < sim->nvqs; i++) {
		vq = &sim->vqs[i];
		mutex_lock(&vq->lock);
		vq->iotlb = &sim->iotlbs[sim->group_asid[get_vq_group(&sim->vdpa, i)]];
		mutex_unlock(&vq->lock);
	}
}

static int set_group_asid(struct vdpa_device *vdpa, unsigned int group, unsigned int asid)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	if (group >= vdpa->ngroups || asid >= vdpa->nas)
		return -EINVAL;

	mutex_lock(&sim->lock);
	sim->group_asid[group] = asid;
	place_queues(sim);
	mutex_unlock(&sim->lock);
	return 0;
}

static int set_driver_features(struct vdpa_device *vdpa, u64 features)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	if (~features & FEATURES_REQUIRED)
		return -EINVAL;

	mutex_lock(&sim->lock);
	WRITE_ONCE(sim->features, features & sim->offered);
	place_queues(sim);
	mutex_unlock(&sim->lock);
	return 0;
}

static u64 get_driver_features(struct vdpa_device *vdpa)
{
	return READ_ONCE(vdpa_to_sim(vdpa)->features);
}

static void set_config_cb(struct vdpa_device *vdpa, struct vdpa_callback *cb)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	spin_lock(&sim->state_lock);
	sim->config_cb = *cb;
	spin_unlock(&sim->state_lock);
}

static u16 get_vq_num_max(struct vdpa_device *vdpa)
{
	return VDPASIM_QUEUE_MAX;
}

static u32 get_device_id(struct vdpa_device *vdpa)
{
	return vdpa_to_sim(vdpa)->parent->class->device_id;
}

static u32 get_vendor_id(struct vdpa_device *vdpa)
{
	return 0;
}

static u8 get_status(struct vdpa_device *vdpa)
{
	return READ_ONCE(vdpa_to_sim(vdpa)->status);
}

static void set_status(struct vdpa_device *vdpa, u8 status)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	u8 set;

	mutex_lock(&sim->lock);
	if (!sim->features)
		status &= ~VIRTIO_CONFIG_S_FEATURES_OK;

	spin_lock(&sim->state_lock);
	set = status & ~sim->status;
	/* Only a reset takes this one back. */
	status |= sim->status & VIRTIO_CONFIG_S_NEEDS_RESET;
	WRITE_ONCE(sim->status, status);
	update_running(sim);
	spin_unlock(&sim->state_lock);

	if (set & VIRTIO_CONFIG_S_DRIVER_OK) {
		if (sim->parent->class->start)
			sim->parent->class->start(sim);
		vdpasim_kick_all(sim);
	}
	mutex_unlock(&sim->lock);
}

/*
 * The kernel's own driver says that it is about to use the device by resetting it, as the others
 * do, and leaves it by a reset as well.
 */
static bool has_kernel_driver(const struct vdpasim *sim)
{
	const struct device_driver *driver = READ_ONCE(sim->vdpa.dev.driver);

	return driver && !strcmp(driver->name, "virtio_vdpa");
}

static void vq_reset(struct vdpasim_vq *vq)
{
	mutex_lock(&vq->lock);
	vq_disable(vq);
	vq->num = 0;
	vq->desc = 0;
	vq->driver = 0;
	vq->device = 0;
	WRITE_ONCE(vq->next, 0);
	vq->cb = (struct vdpa_callback) {};
	mutex_unlock(&vq->lock);
}

static int reset(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	u16 i;

	mutex_lock(&sim->lock);
	spin_lock(&sim->state_lock);
	WRITE_ONCE(sim->running, false);
	spin_unlock(&sim->state_lock);

	for (i = 0; i < sim->nvqs; i++)
		vq_reset(&sim->vqs[i]);

	/* Nothing works on the device from here on, so nothing can find it broken any more. */
	spin_lock(&sim->state_lock);
	WRITE_ONCE(sim->status, 0);
	sim->suspended = false;
	update_running(sim);
	sim->config_cb = (struct vdpa_callback) {};
	sim->generation++;
	spin_unlock(&sim->state_lock);

	if (sim->parent->class->stop)
		sim->parent->class->stop(sim);
	WRITE_ONCE(sim->features, 0);
	memset(sim->group_asid, 0, sizeof(sim->group_asid));
	sim->kernel_driver = has_kernel_driver(sim);
	place_queues(sim);
	mutex_unlock(&sim->lock);
	return 0;
}

static void set_suspended(struct vdpasim *sim, bool suspended)
{
	spin_lock(&sim->state_lock);
	sim->suspended = suspended;
	update_running(sim);
	spin_unlock(&sim->state_lock);
}

/**
 * vdpasim_suspend - suspend a device: the suspend operation
 * @vdpa: device
 *
 * Requests that were begun are finished; nothing moves then until a resume or a reset. May sleep.
 * Return: 0 or an error.
 */
int vdpasim_suspend(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err;

	err = vdpasim_fault(&sim->parent->suspend) ?: vdpasim_fault(&sim->suspend);
	if (err)
		return err;
	if (mutex_lock_killable(&sim->lock))
		return -EINTR;

	if (!(sim->status & VIRTIO_CONFIG_S_DRIVER_OK)) {
		err = -EINVAL;
	} else {
		set_suspended(sim, true);
		err = vdpasim_settle(sim);
	}
	if (err == -EINTR) {
		set_suspended(sim, false);
		vdpasim_kick_all(sim);
	}
	mutex_unlock(&sim->lock);
	return err;
}

static int resume(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err;

	err = vdpasim_fault(&sim->parent->resume) ?: vdpasim_fault(&sim->resume);
	if (err)
		return err;
	if (mutex_lock_killable(&sim->lock))
		return -EINTR;

	set_suspended(sim, false);
	vdpasim_kick_all(sim);
	mutex_unlock(&sim->lock);
	return 0;
}

static size_t get_config_size(struct vdpa_device *vdpa)
{
	return vdpa_to_sim(vdpa)->parent->class->config_size;
}

static void get_config(struct vdpa_device *vdpa, unsigned int offset, void *buf, unsigned int len)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	const struct vdpasim_class *class = sim->parent->class;
	u8 config[VDPASIM_CONFIG_MAX] = {};

	if (offset > class->config_size || len > class->config_size - offset)
		return;

	spin_lock(&sim->state_lock);
	class->fill_config(sim, config);
	spin_unlock(&sim->state_lock);
	memcpy(buf, config + offset, len);
}

/* No field of a modern device of these classes can be written, but for features not offered. */
static void set_config(struct vdpa_device *vdpa, unsigned int offset, const void *buf,
		       unsigned int len)
{
}

static u32 get_generation(struct vdpa_device *vdpa)
{
	return READ_ONCE(vdpa_to_sim(vdpa)->generation);
}

static struct vdpa_iova_range get_iova_range(struct vdpa_device *vdpa)
{
	return (struct vdpa_iova_range) { .first = 0, .last = U64_MAX };
}

static void free_device(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	struct vdpasim_parent *parent = sim->parent;
	u16 i;

	debugfs_remove(sim->dir);
	for (i = 0; sim->vqs && i < sim->nvqs; i++) {
		cancel_work_sync(&sim->vqs[i].work);
		kvfree(sim->vqs[i].scratch);
	}
	parent->class->free(sim);
	vdpasim_maps_free(sim);
	kvfree(sim->vqs);
	if (atomic_dec_and_test(&parent->live))
		wake_up_all(&parent->drained);
}

static const struct vdpa_config_ops vdpasim_config_ops = {
	.set_vq_address		= set_vq_address,
	.set_vq_num		= set_vq_num,
	.kick_vq		= kick_vq,
	.set_vq_cb		= set_vq_cb,
	.set_vq_ready		= set_vq_ready,
	.get_vq_ready		= get_vq_ready,
	.set_vq_state		= set_vq_state,
	.get_vq_state		= get_vq_state,
	.get_vendor_vq_stats	= vdpasim_get_vendor_vq_stats,
	.get_vq_size		= get_vq_size,
	.get_vq_align		= get_vq_align,
	.get_vq_group		= get_vq_group,
	.get_device_features	= get_device_features,
	.get_backend_features	= get_backend_features,
	.set_driver_features	= set_driver_features,
	.get_driver_features	= get_driver_features,
	.set_config_cb		= set_config_cb,
	.get_vq_num_max		= get_vq_num_max,
	.get_device_id		= get_device_id,
	.get_vendor_id		= get_vendor_id,
	.get_status		= get_status,
	.set_status		= set_status,
	.reset			= reset,
	.suspend		= vdpasim_suspend,
	.resume			= resume,
	.get_config_size	= get_config_size,
	.get_config		= get_config,
	.set_config		= set_config,
	.get_generation		= get_generation,
	.get_iova_range		= get_iova_range,
	.set_group_asid		= set_group_asid,
	.dma_map		= vdpasim_dma_map,
	.dma_unmap		= vdpasim_dma_unmap,
	.reset_map		= vdpasim_reset_map,
	.bind_mm		= vdpasim_bind_mm,
	.unbind_mm		= vdpasim_unbind_mm,
	.free			= free_device,
};

static int create_vqs(struct vdpasim *sim, u16 nvqs)
{
	struct vdpasim_vq *vq;
	u16 i;

	sim->vqs = kvcalloc(nvqs, sizeof(*sim->vqs), GFP_KERNEL);
	if (!sim->vqs)
		return -ENOMEM;

	sim->nvqs = nvqs;
	for (i = 0; i < nvqs; i++) {
		vq = &sim->vqs[i];
		mutex_init(&vq->lock);
		INIT_WORK(&vq->work, vdpasim_vq_work);
		vq->sim = sim;
		vq->index = i;
	}
	return 0;
}

/**
 * vdpasim_create - make a device of a class, not known to the vDPA core yet
 * @parent: management device
 * @name: of the device
 * @size: bytes of the class's device, which starts with struct vdpasim
 * @nvqs: number of its queues
 * @features: what it offers
 *
 * The class adds its own to the device and calls vdpasim_register(), or put_device() where it
 * cannot. May sleep. Return: the device or an error.
 */
struct vdpasim *vdpasim_create(struct vdpasim_parent *parent, const char *name, size_t size,
			       u16 nvqs, u64 features)
{
	const struct vdpasim_class *class = parent->class;
	struct vdpa_device *vdpa;
	struct vdpasim *sim;
	int err;

	if (~features & FEATURES_REQUIRED) {
		vdpa_mgmtdev_refuse(&parent->mdev, VDPA_ATTR_DEV_FEATURES,
				    "it needs VERSION_1 and ACCESS_PLATFORM");
		return ERR_PTR(-EINVAL);
	}

	err = vdpasim_fault(&parent->add);
	if (err)
		return ERR_PTR(err);

	vdpa = __vdpa_alloc_device(NULL, &vdpasim_config_ops, class->ngroups, class->nas, size,
				   name, vdpasim_use_va());
	if (IS_ERR(vdpa))
		return ERR_CAST(vdpa);

	sim = vdpa_to_sim(vdpa);
	atomic_inc(&parent->live);
	sim->parent = parent;
	sim->offered = features;
	mutex_init(&sim->lock);
	spin_lock_init(&sim->state_lock);
	vdpa->mdev = &parent->mdev;
	vdpa->dma_dev = &vdpa->dev;
	vdpa->dev.dma_mask = &vdpa->dev.coherent_dma_mask;

	err = dma_set_mask_and_coherent(&vdpa->dev, DMA_BIT_MASK(64)) ?:
	      vdpasim_maps_init(sim) ?:
	      create_vqs(sim, nvqs);
	if (err) {
		put_device(&vdpa->dev);
		return ERR_PTR(err);
	}
	return sim;
}
EXPORT_SYMBOL_GPL(vdpasim_create);

/**
 * vdpasim_register - make a device known to the vDPA core
 * @sim: device, ready for a driver
 *
 * May sleep. Within the parent's dev_add. Return: 0 or an error, in which case the device is the
 * caller's still.
 */
int vdpasim_register(struct vdpasim *sim)
{
	place_queues(sim);
	vdpasim_knobs_device(sim);
	return _vdpa_register_device(&sim->vdpa, sim->nvqs);
}
EXPORT_SYMBOL_GPL(vdpasim_register);

/**
 * vdpasim_dev_del - delete a device: the parents' dev_del
 * @mdev: management device
 * @vdpa: device
 *
 * May sleep.
 */
void vdpasim_dev_del(struct vdpa_mgmt_dev *mdev, struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	/* Whatever was asked for: all a delete can do is take its time. */
	vdpasim_fault(&sim->parent->del);
	vdpasim_fault(&sim->del);

	debugfs_remove(sim->dir);
	sim->dir = NULL;
	_vdpa_unregister_device(vdpa);
}
EXPORT_SYMBOL_GPL(vdpasim_dev_del);
