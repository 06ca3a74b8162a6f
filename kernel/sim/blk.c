// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdpasim_blk: simulated block devices that keep their data in memory. This file defines the class
 * and creates devices.
 */
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/vdpa_migration.h>
#include <linux/vdpa_refusal.h>
#include <linux/virtio_byteorder.h>
#include <uapi/linux/vdpa.h>
#include <uapi/linux/virtio_blk.h>
#include <uapi/linux/virtio_ids.h>

#include "blk.h"

#define BLK_QUEUES_MAX		16

#define BLK_FEATURES_DEFAULT	(VDPASIM_FEATURES | \
				 BIT_ULL(VIRTIO_BLK_F_SIZE_MAX) | \
				 BIT_ULL(VIRTIO_BLK_F_SEG_MAX) | \
				 BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) | \
				 BIT_ULL(VIRTIO_BLK_F_FLUSH) | \
				 BIT_ULL(VIRTIO_BLK_F_TOPOLOGY) | \
				 BIT_ULL(VIRTIO_BLK_F_MQ) | \
				 BIT_ULL(VIRTIO_BLK_F_DISCARD) | \
				 BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES))

/* A disk is read-only only if RO is requested. */
#define BLK_FEATURES		(BLK_FEATURES_DEFAULT | BIT_ULL(VIRTIO_BLK_F_RO))

static unsigned int capacity_mb = 128;
module_param(capacity_mb, uint, 0444);
MODULE_PARM_DESC(capacity_mb, "Capacity of a device, in MiB (default 128)");

static unsigned int num_queues = 4;
module_param(num_queues, uint, 0444);
MODULE_PARM_DESC(num_queues, "Request queues of a device, 1 to 16 (default 4)");

static struct vdpasim_parent blk_parent;

static void blk_fill_config(struct vdpasim *sim, void *buf)
{
	struct virtio_blk_config *config = buf;

	static_assert(sizeof(*config) <= VDPASIM_CONFIG_MAX);
	config->capacity = __cpu_to_virtio64(true, sim_to_blk(sim)->capacity);
	config->size_max = __cpu_to_virtio32(true, BLK_SIZE_MAX);
	config->seg_max = __cpu_to_virtio32(true, BLK_SEG_MAX);
	config->blk_size = __cpu_to_virtio32(true, SECTOR_SIZE);
	config->physical_block_exp = PAGE_SHIFT - SECTOR_SHIFT;
	config->min_io_size = __cpu_to_virtio16(true, 1);
	config->opt_io_size = __cpu_to_virtio32(true, 1);
	config->num_queues = __cpu_to_virtio16(true, sim->nvqs);
	config->max_discard_sectors = __cpu_to_virtio32(true, BLK_ZERO_SECTORS_MAX);
	config->max_discard_seg = __cpu_to_virtio32(true, BLK_ZERO_SEG_MAX);
	config->discard_sector_alignment = __cpu_to_virtio32(true, 1);
	config->max_write_zeroes_sectors = __cpu_to_virtio32(true, BLK_ZERO_SECTORS_MAX);
	config->max_write_zeroes_seg = __cpu_to_virtio32(true, BLK_ZERO_SEG_MAX);
	config->write_zeroes_may_unmap = 1;
}

static void blk_free(struct vdpasim *sim)
{
	blk_precopy_free(sim);
	blk_state_stop(sim);
	blk_store_put(sim_to_blk(sim)->store);
}

/* With a shared store, the target already has the data. */
static void blk_estimate(struct vdpasim *sim, u64 *bytes, u64 *changed)
{
	struct blk *blk = sim_to_blk(sim);

	*bytes = blk_state_estimate(blk);
	*changed = *blk->store_name ? 0 : blk_written(sim);
}

/* A target must be able to take up chains in flight only if this device reports them. */
static int describe_inflight(struct vdpasim *sim, struct vdpa_migration_list *list)
{
	return vdpa_migration_add_u64(list, "inflight", blk_reports(sim) ? "at-least" : "info", 1);
}

static int blk_describe(struct vdpasim *sim, struct vdpa_migration_list *list)
{
	return describe_inflight(sim, list) ?:
	       vdpa_migration_add_string(list, "vdpasim_blk.store", "equal",
					 sim_to_blk(sim)->store_name);
}

static int describe_next_config(struct vdpa_migration_list *list, u64 capacity)
{
	const struct {
		const char *name;
		const char *rule;
		u64 num;
	} fields[] = {
		{ "capacity",			"equal",	capacity },
		{ "size_max",			"at-least",	BLK_SIZE_MAX },
		{ "blk_size",			"equal",	SECTOR_SIZE },
		{ "seg_max",			"at-least",	BLK_SEG_MAX },
		{ "num_queues",			"at-least",	num_queues },
		{ "physical_block_exp",		"equal",	PAGE_SHIFT - SECTOR_SHIFT },
		{ "alignment_offset",		"equal",	0 },
		{ "max_discard_sectors",	"at-least",	BLK_ZERO_SECTORS_MAX },
		{ "max_discard_seg",		"at-least",	BLK_ZERO_SEG_MAX },
		{ "discard_sector_alignment",	"equal",	1 },
		{ "max_write_zeroes_sectors",	"at-least",	BLK_ZERO_SECTORS_MAX },
		{ "max_write_zeroes_seg",	"at-least",	BLK_ZERO_SEG_MAX },
		{ "writable",			"at-least",	1 },
	};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(fields); i++)
		err = vdpa_migration_add_u64(list, fields[i].name, fields[i].rule, fields[i].num);
	return err;
}

static int blk_describe_next(struct vdpa_migration_list *list)
{
	char store[BLK_STORE_NAME];
	u64 capacity = blk_next_read(store);

	return vdpa_migration_add_string(list, "vdpasim_blk.store", "equal", store) ?:
	       describe_next_config(list, capacity);
}

static const struct vdpasim_precopy blk_precopy = {
	.begin	= blk_precopy_begin,
	.read	= blk_precopy_read,
	.info	= blk_precopy_info,
	.save	= blk_precopy_save,
	.end	= blk_precopy_end,
	.load	= blk_precopy_load,
	.finish	= blk_precopy_finish,
	.drop	= blk_precopy_drop,
};

static const struct vdpasim_class blk_class = {
	.device_id	= VIRTIO_ID_BLOCK,
	.config_size	= sizeof(struct virtio_blk_config),
	.ngroups	= 1,
	.nas		= 1,
	.fill_config	= blk_fill_config,
	.step		= blk_step,
	.start		= blk_state_start,
	.resume		= blk_state_resume,
	.stop		= blk_state_stop,
	.stat_names	= blk_get_stat_names,
	.describe	= blk_describe,
	.describe_next	= blk_describe_next,
	.save		= blk_state_save,
	.load		= blk_state_load,
	.unload		= blk_state_unload,
	.estimate	= blk_estimate,
	.precopy	= &blk_precopy,
	.reports	= blk_reports,
	.free		= blk_free,
};

static int blk_furnish(struct blk *blk)
{
	blk->capacity = blk_next_read(blk->store_name);
	blk->store = blk_store_get(blk->store_name);
	return blk->store ? 0 : -ENOMEM;
}

static int blk_dev_add(struct vdpa_mgmt_dev *mdev, const char *name,
		       const struct vdpa_dev_set_config *config)
{
	u64 features = BLK_FEATURES_DEFAULT;
	struct vdpasim *sim;
	struct blk *blk;
	int err;

	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_FEATURES))
		features = config->device_features;
	if (features & ~(BLK_FEATURES | VDPASIM_FEATURES_ASKED)) {
		vdpa_mgmtdev_refuse(mdev, VDPA_ATTR_DEV_FEATURES,
				    "it does not have all of these features");
		return -EINVAL;
	}

	sim = vdpasim_create(&blk_parent, name, sizeof(*blk), num_queues, features);
	if (IS_ERR(sim))
		return PTR_ERR(sim);

	blk = sim_to_blk(sim);
	err = blk_furnish(blk) ?: vdpasim_register(sim);
	if (err) {
		put_device(&sim->vdpa.dev);
		return err;
	}

	blk_knobs(blk);
	blk_precopy_knobs(blk);
	return 0;
}

static const struct vdpa_mgmtdev_ops blk_mgmtdev_ops = {
	.dev_add = blk_dev_add,
	.dev_del = vdpasim_dev_del,
};

static struct virtio_device_id blk_id_table[] = {
	{ VIRTIO_ID_BLOCK, VIRTIO_DEV_ANY_ID },
	{}
};

static struct vdpasim_parent blk_parent = {
	.name	= "vdpasim_blk",
	.class	= &blk_class,
	.mdev	= {
		.ops			= &blk_mgmtdev_ops,
		.id_table		= blk_id_table,
		.config_attr_mask	= BIT_ULL(VDPA_ATTR_DEV_FEATURES),
		.supported_features	= BLK_FEATURES | VDPASIM_FEATURES_ASKED,
	},
};

static int __init blk_init(void)
{
	int err;

	if (!blk_next_init((u64)capacity_mb << (20 - SECTOR_SHIFT)) || !num_queues ||
	    num_queues > BLK_QUEUES_MAX)
		return -EINVAL;

	blk_parent.mdev.max_supported_vqs = num_queues;
	err = vdpasim_parent_register(&blk_parent);
	if (err)
		return err;

	blk_next_knobs(blk_parent.dir);
	return 0;
}

static void __exit blk_exit(void)
{
	vdpasim_parent_unregister(&blk_parent);
}

module_init(blk_init);
module_exit(blk_exit);

MODULE_DESCRIPTION("Simulated vDPA block devices");
MODULE_VERSION(VDPA_VERSION);
MODULE_LICENSE("GPL");
