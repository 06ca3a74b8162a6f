// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vDPA config operations of a simulated device.
 */
#include <linux/debugfs.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <uapi/linux/vhost_types.h>
#include <uapi/linux/virtio_config.h>

#include "sim.h"

/* Rings are page-aligned, as virtio drivers allocate them. */
#define VQ_ALIGN		PAGE_SIZE

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

static struct vdpasim_scratch *alloc_scratch(u16 num)
{
	u16 max = max_t(u16, num, VDPASIM_CHAIN_MIN);
	struct vdpasim_scratch *scratch;
	size_t size;

	size = struct_size(scratch, table, max) + max * sizeof(*scratch->segs);
	scratch = kvmalloc(size, GFP_KERNEL);
	if (!scratch)
		return NULL;
	scratch->max = max;
	scratch->segs = (void *)(scratch->table + max);
	return scratch;
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
	if (vdpasim_flight_room(vq))
		return;
	vq->scratch = alloc_scratch(vq->num);
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
	return vdpasim_vq_group(vdpa_to_sim(vdpa), idx);
}

static u64 get_device_features(struct vdpa_device *vdpa)
{
	return vdpa_to_sim(vdpa)->offered;
}

static u64 get_backend_features(const struct vdpa_device *vdpa)
{
	return BIT_ULL(VHOST_BACKEND_F_ENABLE_AFTER_DRIVER_OK);
}

static int set_group_asid(struct vdpa_device *vdpa, unsigned int group, unsigned int asid)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	if (group >= vdpa->ngroups || asid >= vdpa->nas)
		return -EINVAL;

	mutex_lock(&sim->lock);
	sim->group_asid[group] = asid;
	vdpasim_place_queues(sim);
	mutex_unlock(&sim->lock);
	return 0;
}

static int set_driver_features(struct vdpa_device *vdpa, u64 features)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);

	if (~features & VDPASIM_FEATURES_REQUIRED)
		return -EINVAL;

	mutex_lock(&sim->lock);
	WRITE_ONCE(sim->features, features & sim->offered);
	vdpasim_place_queues(sim);
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

/*
 * Return: the status after the driver's write. A running device accepts SUSPEND and then shows it
 * instead of DRIVER_OK; a suspended one accepts DRIVER_OK in the same way. Otherwise it keeps both
 * bits.
 */
static u8 next_status(const struct vdpasim *sim, u8 status)
{
	const u8 both = VIRTIO_CONFIG_S_SUSPEND | VIRTIO_CONFIG_S_DRIVER_OK;
	u8 old = READ_ONCE(sim->status);
	u8 asked = status & both & ~old;

	if (!vdpasim_has(sim, VIRTIO_F_SUSPEND) || !(old & both))
		return status & ~VIRTIO_CONFIG_S_SUSPEND;
	return (status & ~both) | (asked ?: old & both);
}

/* Under sim->lock. */
static void write_status(struct vdpasim *sim, u8 status)
{
	spin_lock(&sim->state_lock);
	/* Only a reset clears this bit. */
	status |= sim->status & VIRTIO_CONFIG_S_NEEDS_RESET;
	WRITE_ONCE(sim->status, status);
	vdpasim_update_running(sim);
	vdpasim_config_late(sim);
	spin_unlock(&sim->state_lock);
}

/*
 * Apply the faults of a status write that suspends or resumes. A suspend first waits for the chains
 * in flight.
 */
static int status_fault(struct vdpasim *sim, u8 status)
{
	u8 old = READ_ONCE(sim->status);

	if (!((next_status(sim, status) ^ old) & VIRTIO_CONFIG_S_SUSPEND))
		return 0;
	if (old & VIRTIO_CONFIG_S_SUSPEND)
		return vdpasim_fault(&sim->parent->resume) ?: vdpasim_fault(&sim->resume);
	return vdpasim_fault(&sim->parent->suspend) ?: vdpasim_fault(&sim->suspend) ?:
	       vdpasim_flights_land(sim, false);
}

/*
 * Virtio's own suspend: finish what was begun before the status shows SUSPEND. If the caller is
 * killed meanwhile, the device keeps running. Under sim->lock.
 */
static void status_suspend(struct vdpasim *sim, u8 status)
{
	spin_lock(&sim->state_lock);
	WRITE_ONCE(sim->running, false);
	spin_unlock(&sim->state_lock);
	if (!vdpasim_settle(sim)) {
		write_status(sim, status);
		return;
	}
	write_status(sim, sim->status);
	vdpasim_kick_all(sim);
}

/* By the specification, a device that fails to suspend or resume needs a reset. */
static void set_status(struct vdpa_device *vdpa, u8 status)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err = status_fault(sim, status);
	u8 changed;

	if (err == -EINTR) {
		vdpasim_flights_landed(sim);
		return;
	}
	mutex_lock(&sim->lock);
	if (!sim->features)
		status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	status = next_status(sim, status);
	changed = status ^ sim->status;

	if (err)
		vdpasim_broken(&sim->vqs[0], "it could not be suspended or resumed");
	else if (changed & status & VIRTIO_CONFIG_S_SUSPEND)
		status_suspend(sim, status);
	else
		write_status(sim, status);

	if (changed & status & VIRTIO_CONFIG_S_DRIVER_OK) {
		if (!(changed & VIRTIO_CONFIG_S_SUSPEND) && sim->parent->class->start)
			sim->parent->class->start(sim);
		vdpasim_kick_all(sim);
	}
	mutex_unlock(&sim->lock);
	vdpasim_flights_landed(sim);
}

/* Called at a reset: every driver resets the device when it starts to use it and when it stops. */
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
	WRITE_ONCE(vq->n_flights, 0);
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

	/* All queues are stopped, so none can set NEEDS_RESET now. */
	spin_lock(&sim->state_lock);
	WRITE_ONCE(sim->status, 0);
	sim->suspended = false;
	sim->config_late = false;
	vdpasim_update_running(sim);
	sim->config_cb = (struct vdpa_callback) {};
	sim->generation++;
	spin_unlock(&sim->state_lock);

	if (sim->parent->class->stop)
		sim->parent->class->stop(sim);
	WRITE_ONCE(sim->features, 0);
	memset(sim->group_asid, 0, sizeof(sim->group_asid));
	sim->kernel_driver = has_kernel_driver(sim);
	vdpasim_place_queues(sim);
	mutex_unlock(&sim->lock);
	return 0;
}

static void set_suspended(struct vdpasim *sim, bool suspended)
{
	spin_lock(&sim->state_lock);
	sim->suspended = suspended;
	vdpasim_update_running(sim);
	spin_unlock(&sim->state_lock);
}

static int stop_queues(struct vdpasim *sim)
{
	int err;

	if (mutex_lock_killable(&sim->lock))
		return -EINTR;

	if (!(sim->status & VIRTIO_CONFIG_S_DRIVER_OK)) {
		err = -EINVAL;
	} else {
		set_suspended(sim, true);
		err = vdpasim_settle(sim);
	}
	if (err == -EINTR)
		set_suspended(sim, false);
	if (!err)
		vdpasim_flights_give_up(sim);
	mutex_unlock(&sim->lock);
	return err;
}

/**
 * vdpasim_suspend - suspend a device: the suspend operation
 * @vdpa: device
 *
 * Requests that were begun are finished, or given up if chains in flight are reported. Queues are
 * then stopped until a resume or a reset. May sleep. Return: 0 or an error.
 */
int vdpasim_suspend(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err;

	err = vdpasim_fault(&sim->parent->suspend) ?: vdpasim_fault(&sim->suspend);
	if (err)
		return err;
	err = vdpasim_flights_land(sim, true) ?: stop_queues(sim);
	vdpasim_flights_landed(sim);
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

	if (sim->parent->class->resume)
		sim->parent->class->resume(sim);
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

/* A modern device of these classes has no writable field without features that are not offered. */
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
		vdpasim_flight_free(&sim->vqs[i]);
		cancel_work_sync(&sim->vqs[i].work);
		kvfree(sim->vqs[i].scratch);
	}
	parent->class->free(sim);
	vdpasim_maps_free(sim);
	vdpasim_dirty_free(sim);
	kvfree(sim->vqs);
	if (atomic_dec_and_test(&parent->live))
		wake_up_all(&parent->drained);
}

const struct vdpa_config_ops vdpasim_config_ops = {
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
