// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creating and deleting simulated devices.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vdpa_refusal.h>
#include <uapi/linux/virtio_config.h>

#include "kver.h"
#include "sim.h"

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
		vdpasim_flight_init(vq);
		vq->sim = sim;
		vq->index = i;
	}
	return 0;
}

/**
 * vdpasim_create - create a device of a class, without registering it
 * @parent: management device
 * @name: name of the device
 * @size: bytes of the class's device, which starts with struct vdpasim
 * @nvqs: number of its queues
 * @features: features that it offers
 *
 * The class then sets up its part and calls vdpasim_register(), or put_device() on failure. May
 * sleep. Return: the device or an error.
 */
struct vdpasim *vdpasim_create(struct vdpasim_parent *parent, const char *name, size_t size,
			       u16 nvqs, u64 features)
{
	const struct vdpasim_class *class = parent->class;
	struct vdpa_device *vdpa;
	struct vdpasim *sim;
	int err;

	if (~features & VDPASIM_FEATURES_REQUIRED) {
		vdpa_mgmtdev_refuse(&parent->mdev, VDPA_ATTR_DEV_FEATURES,
				    "it needs VERSION_1 and ACCESS_PLATFORM");
		return ERR_PTR(-EINVAL);
	}

	err = vdpasim_fault(&parent->add);
	if (err)
		return ERR_PTR(err);

	vdpa = kver_alloc_device(NULL, &vdpasim_config_ops, class->ngroups, class->nas, size, name,
				 vdpasim_use_va());
	if (IS_ERR(vdpa))
		return ERR_CAST(vdpa);

	sim = vdpa_to_sim(vdpa);
	atomic_inc(&parent->live);
	sim->parent = parent;
	sim->offered = features;
	mutex_init(&sim->lock);
	spin_lock_init(&sim->state_lock);
	vdpa->mdev = &parent->mdev;
	kver_set_dma_self(vdpa);
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
 * vdpasim_register - register a device with the vDPA core
 * @sim: device, ready for a driver
 *
 * May sleep; called in the parent's dev_add. Return: 0 or an error; on error the caller still owns
 * the device.
 */
int vdpasim_register(struct vdpasim *sim)
{
	vdpasim_place_queues(sim);
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

	/* A deletion cannot fail: ignore errors, only delay. */
	vdpasim_fault(&sim->parent->del);
	vdpasim_fault(&sim->del);

	debugfs_remove(sim->dir);
	sim->dir = NULL;
	_vdpa_unregister_device(vdpa);
}
EXPORT_SYMBOL_GPL(vdpasim_dev_del);
