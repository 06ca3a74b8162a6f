// SPDX-License-Identifier: GPL-2.0-only
/* Whether the queues of a simulated device may move, and what stops them. */
#include <linux/device.h>
#include <linux/module.h>
#include <uapi/linux/virtio_config.h>

#include "sim.h"

/* Status bits with which a device works. */
#define STATUS_WORKING		(VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)

/* Status bits with which it does not, whatever else is set. */
#define STATUS_STUCK		(VIRTIO_CONFIG_S_NEEDS_RESET | VIRTIO_CONFIG_S_FAILED)

/* What the status and a suspend say about whether queues may move. Under state_lock. */
void vdpasim_update_running(struct vdpasim *sim)
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
EXPORT_SYMBOL_GPL(vdpasim_settle);

/*
 * Under state_lock, so that the callback is not taken away meanwhile. By the specification a device
 * that its driver has suspended through the status says nothing until it is resumed.
 */
static void config_interrupt(struct vdpasim *sim)
{
	sim->config_late = sim->status & VIRTIO_CONFIG_S_SUSPEND;
	if (!sim->config_late && sim->config_cb.callback)
		sim->config_cb.callback(sim->config_cb.private);
}

/* The status has changed: it may be the time to tell what was not told. Under state_lock. */
void vdpasim_config_late(struct vdpasim *sim)
{
	if (sim->config_late)
		config_interrupt(sim);
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
		vdpasim_update_running(sim);
		config_interrupt(sim);
	}
	spin_unlock(&sim->state_lock);

	if (first)
		dev_warn_ratelimited(&sim->vdpa.dev, "virtqueue %u: %s; the device needs a reset\n",
				     vq->index, why);
}
EXPORT_SYMBOL_GPL(vdpasim_broken);
