// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdpasim_blk: simulated block devices that keep what is written to them, in memory.
 *
 * The vDPA core's command to add a device knows no attributes of a disk. What the next devices
 * shall be like is written to the parent's directory in debugfs beforehand:
 *
 *   vdpasim_blk/capacity   in sectors of 512 bytes; at first the module's parameter says it
 *   vdpasim_blk/store      name of the store, shared by all devices that were given the same name,
 *                          for as long as one of them is there; empty: each device has its own
 *
 * A device shows its own, and takes a new capacity, in vdpasim_blk/devices/DEVICE/.
 */
#include <linux/debugfs.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/vdpa_migration.h>
#include <linux/vdpa_refusal.h>
#include <linux/virtio_byteorder.h>
#include <uapi/linux/vdpa.h>
#include <uapi/linux/virtio_blk.h>
#include <uapi/linux/virtio_ids.h>

#include "blk.h"

#define BLK_QUEUES_MAX		16

/* Limits that the device announces, and that no request may exceed. */
#define BLK_SIZE_MAX		SZ_64K
#define BLK_SEG_MAX		126
#define BLK_REQUEST_MAX		(BLK_SIZE_MAX * BLK_SEG_MAX)
#define BLK_ZERO_SECTORS_MAX	(SZ_1G >> SECTOR_SHIFT)
#define BLK_ZERO_SEG_MAX	16

/* Bytes of work that zeroing counts for, as it does not depend on the length asked for. */
#define BLK_ZERO_COST		SZ_64K

#define BLK_FEATURES_DEFAULT	(VDPASIM_FEATURES | \
				 BIT_ULL(VIRTIO_BLK_F_SIZE_MAX) | \
				 BIT_ULL(VIRTIO_BLK_F_SEG_MAX) | \
				 BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) | \
				 BIT_ULL(VIRTIO_BLK_F_FLUSH) | \
				 BIT_ULL(VIRTIO_BLK_F_TOPOLOGY) | \
				 BIT_ULL(VIRTIO_BLK_F_MQ) | \
				 BIT_ULL(VIRTIO_BLK_F_DISCARD) | \
				 BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES))

/* A disk is read-only where that was asked for. */
#define BLK_FEATURES		(BLK_FEATURES_DEFAULT | BIT_ULL(VIRTIO_BLK_F_RO))

static unsigned int capacity_mb = 128;
module_param(capacity_mb, uint, 0444);
MODULE_PARM_DESC(capacity_mb, "Capacity of a device, in MiB (default 128)");

static unsigned int num_queues = 4;
module_param(num_queues, uint, 0444);
MODULE_PARM_DESC(num_queues, "Request queues of a device, 1 to 16 (default 4)");

enum {
	BLK_STAT_REQUESTS = VDPASIM_STAT_CLASS,
	BLK_STAT_READS,
	BLK_STAT_READ_BYTES,
	BLK_STAT_WRITES,
	BLK_STAT_WRITE_BYTES,
	BLK_STAT_FLUSHES,
	BLK_STAT_DISCARDS,
	BLK_STAT_ZEROES,
	BLK_STAT_ERRORS,
};

static const char *const blk_stat_names[] = {
	[BLK_STAT_REQUESTS - VDPASIM_STAT_CLASS]	= "requests",
	[BLK_STAT_READS - VDPASIM_STAT_CLASS]		= "reads",
	[BLK_STAT_READ_BYTES - VDPASIM_STAT_CLASS]	= "read bytes",
	[BLK_STAT_WRITES - VDPASIM_STAT_CLASS]		= "writes",
	[BLK_STAT_WRITE_BYTES - VDPASIM_STAT_CLASS]	= "written bytes",
	[BLK_STAT_FLUSHES - VDPASIM_STAT_CLASS]		= "flushes",
	[BLK_STAT_DISCARDS - VDPASIM_STAT_CLASS]	= "discards",
	[BLK_STAT_ZEROES - VDPASIM_STAT_CLASS]		= "write zeroes",
	[BLK_STAT_ERRORS - VDPASIM_STAT_CLASS]		= "errors",
	NULL
};

/**
 * struct blk_request - a request on its way
 * @blk: device
 * @vq: queue
 * @out: what follows the header in the readable buffers
 * @in: the writable buffers but for the status
 * @sector: where on the disk
 * @moved: bytes that the request has moved
 */
struct blk_request {
	struct blk *blk;
	struct vdpasim_vq *vq;
	struct vdpasim_iter out;
	struct vdpasim_iter in;
	u64 sector;
	u32 moved;
};

/* What the next devices are to be like. The lock protects both; nothing is taken under it. */
static DEFINE_MUTEX(next_lock);
static u64 next_capacity;
static char next_store[BLK_STORE_NAME];

static struct vdpasim_parent blk_parent;

/* Whether or not the driver has taken note of it. */
static bool is_read_only(const struct blk *blk)
{
	return blk->sim.offered & BIT_ULL(VIRTIO_BLK_F_RO);
}

/* A range of whole sectors within the disk. */
static bool in_disk(const struct blk *blk, u64 sector, u64 sectors)
{
	u64 capacity = READ_ONCE(blk->capacity);

	return sector <= capacity && sectors <= capacity - sector;
}

static bool valid_data(const struct blk_request *req, u32 len)
{
	return len <= BLK_REQUEST_MAX && IS_ALIGNED(len, SECTOR_SIZE) &&
	       in_disk(req->blk, req->sector, len >> SECTOR_SHIFT);
}

/*
 * The requests: each returns the status to be given to the driver, or a negative error where the
 * device is in NEEDS_RESET and nothing can be given any more.
 */

static int do_read(struct blk_request *req)
{
	u32 len = req->in.left;

	if (req->out.left || !valid_data(req, len))
		return VIRTIO_BLK_S_IOERR;
	if (blk_store_read(req->blk->store, req->sector << SECTOR_SHIFT, req->vq, &req->in, len))
		return -EIO;

	req->moved = len;
	vdpasim_count(req->vq, BLK_STAT_READS, 1);
	vdpasim_count(req->vq, BLK_STAT_READ_BYTES, len);
	return VIRTIO_BLK_S_OK;
}

static int do_write(struct blk_request *req)
{
	u32 len = req->out.left;
	int err;

	if (req->in.left || !valid_data(req, len) || is_read_only(req->blk))
		return VIRTIO_BLK_S_IOERR;
	err = blk_store_write(req->blk->store, req->sector << SECTOR_SHIFT, req->vq, &req->out,
			      len);
	if (err)
		return err == -ENOMEM ? VIRTIO_BLK_S_IOERR : err;

	req->moved = len;
	vdpasim_count(req->vq, BLK_STAT_WRITES, 1);
	vdpasim_count(req->vq, BLK_STAT_WRITE_BYTES, len);
	return VIRTIO_BLK_S_OK;
}

/* Whatever was written is where it will ever be. */
static int do_flush(struct blk_request *req)
{
	if (!vdpasim_has(&req->blk->sim, VIRTIO_BLK_F_FLUSH))
		return VIRTIO_BLK_S_UNSUPP;
	vdpasim_count(req->vq, BLK_STAT_FLUSHES, 1);
	return VIRTIO_BLK_S_OK;
}

static int do_get_id(struct blk_request *req)
{
	const char *name = dev_name(&req->blk->sim.vdpa.dev);
	char id[VIRTIO_BLK_ID_BYTES] = {};

	if (req->in.left < sizeof(id))
		return VIRTIO_BLK_S_IOERR;

	/* Without a terminator where the name takes all of it. */
	memcpy(id, name, min(strlen(name), sizeof(id)));
	if (vdpasim_push(req->vq, &req->in, id, sizeof(id)))
		return -EIO;
	req->moved = sizeof(id);
	return VIRTIO_BLK_S_OK;
}

static int zero_range(struct blk_request *req, u32 allowed_flags)
{
	struct virtio_blk_discard_write_zeroes range;
	u32 sectors, flags;
	u64 sector;

	if (vdpasim_pull(req->vq, &req->out, &range, sizeof(range)))
		return -EIO;

	sector = le64_to_cpu(range.sector);
	sectors = le32_to_cpu(range.num_sectors);
	flags = le32_to_cpu(range.flags);
	if (flags & ~allowed_flags)
		return VIRTIO_BLK_S_UNSUPP;
	if (sectors > BLK_ZERO_SECTORS_MAX || !in_disk(req->blk, sector, sectors))
		return VIRTIO_BLK_S_IOERR;

	blk_store_zero(req->blk->store, sector << SECTOR_SHIFT, (u64)sectors << SECTOR_SHIFT);
	return VIRTIO_BLK_S_OK;
}

static int do_zero(struct blk_request *req, u32 allowed_flags, unsigned int stat)
{
	const u32 size = sizeof(struct virtio_blk_discard_write_zeroes);
	int status;

	if (!req->out.left || req->out.left % size || req->out.left / size > BLK_ZERO_SEG_MAX ||
	    is_read_only(req->blk))
		return VIRTIO_BLK_S_IOERR;

	while (req->out.left) {
		status = zero_range(req, allowed_flags);
		if (status != VIRTIO_BLK_S_OK)
			return status;
	}

	req->moved = BLK_ZERO_COST;
	vdpasim_count(req->vq, stat, 1);
	return VIRTIO_BLK_S_OK;
}

static int do_discard(struct blk_request *req)
{
	if (!vdpasim_has(&req->blk->sim, VIRTIO_BLK_F_DISCARD))
		return VIRTIO_BLK_S_UNSUPP;
	return do_zero(req, 0, BLK_STAT_DISCARDS);
}

static int do_write_zeroes(struct blk_request *req)
{
	if (!vdpasim_has(&req->blk->sim, VIRTIO_BLK_F_WRITE_ZEROES))
		return VIRTIO_BLK_S_UNSUPP;
	return do_zero(req, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP, BLK_STAT_ZEROES);
}

static int do_request(struct blk_request *req, u32 type)
{
	switch (type) {
	case VIRTIO_BLK_T_IN:
		return do_read(req);
	case VIRTIO_BLK_T_OUT:
		return do_write(req);
	case VIRTIO_BLK_T_FLUSH:
		return do_flush(req);
	case VIRTIO_BLK_T_GET_ID:
		return do_get_id(req);
	case VIRTIO_BLK_T_DISCARD:
		return do_discard(req);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return do_write_zeroes(req);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

static enum vdpasim_step blk_step(struct vdpasim_vq *vq, u32 *bytes)
{
	struct blk_request req = { .blk = sim_to_blk(vq->sim), .vq = vq };
	struct virtio_blk_outhdr hdr;
	struct vdpasim_chain chain;
	struct vdpasim_iter status_at;
	enum vdpasim_step step;
	u32 written;
	int status;
	u8 byte;

	step = vdpasim_ring_next(vq, 0, &chain);
	if (step != VDPASIM_STEP_DONE)
		return step;

	if (chain.out.left < sizeof(hdr) || !chain.in.left) {
		vdpasim_broken(vq, "request without a header or a place for its status");
		return VDPASIM_STEP_BROKEN;
	}

	/* The status is the last byte, wherever the data ends. */
	status_at = chain.in;
	vdpasim_skip(&status_at, chain.in.left - 1);
	req.in = chain.in;
	req.in.left--;

	if (vdpasim_pull(vq, &chain.out, &hdr, sizeof(hdr)))
		return VDPASIM_STEP_BROKEN;
	req.out = chain.out;
	req.sector = __virtio64_to_cpu(true, hdr.sector);

	status = do_request(&req, __virtio32_to_cpu(true, hdr.type));
	if (status < 0)
		return VDPASIM_STEP_BROKEN;

	vdpasim_count(vq, BLK_STAT_REQUESTS, 1);
	if (status != VIRTIO_BLK_S_OK)
		vdpasim_count(vq, BLK_STAT_ERRORS, 1);
	byte = status;
	written = chain.in.left - req.in.left;
	if (vdpasim_push(vq, &status_at, &byte, 1) ||
	    vdpasim_ring_complete(vq, chain.head, written))
		return VDPASIM_STEP_BROKEN;

	*bytes += req.moved;
	return VDPASIM_STEP_DONE;
}

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

static const char *const *blk_get_stat_names(struct vdpasim *sim, u16 idx)
{
	return blk_stat_names;
}

static void blk_free(struct vdpasim *sim)
{
	blk_state_stop(sim);
	blk_store_put(sim_to_blk(sim)->store);
}

static int blk_describe(struct vdpasim *sim, struct vdpa_migration_list *list)
{
	return vdpa_migration_add_string(list, "vdpasim_blk.store", "equal",
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
	u64 capacity;

	mutex_lock(&next_lock);
	capacity = next_capacity;
	strscpy(store, next_store);
	mutex_unlock(&next_lock);
	return vdpa_migration_add_string(list, "vdpasim_blk.store", "equal", store) ?:
	       describe_next_config(list, capacity);
}

static const struct vdpasim_class blk_class = {
	.device_id	= VIRTIO_ID_BLOCK,
	.config_size	= sizeof(struct virtio_blk_config),
	.ngroups	= 1,
	.nas		= 1,
	.fill_config	= blk_fill_config,
	.step		= blk_step,
	.start		= blk_state_start,
	.stop		= blk_state_stop,
	.stat_names	= blk_get_stat_names,
	.describe	= blk_describe,
	.describe_next	= blk_describe_next,
	.save		= blk_state_save,
	.load		= blk_state_load,
	.free		= blk_free,
};

/* Sectors, at least one page of them: positions in bytes have to fit in what counts pages, too. */
static bool valid_capacity(u64 sectors)
{
	return sectors >= PAGE_SECTORS && sectors <= MAX_LFS_FILESIZE >> SECTOR_SHIFT;
}

static int capacity_get(void *data, u64 *val)
{
	struct blk *blk = data;

	*val = READ_ONCE(blk->capacity);
	return 0;
}

/* What lies beyond a smaller capacity stays in the store, as others may share that. */
static int capacity_set(void *data, u64 val)
{
	struct blk *blk = data;

	if (!valid_capacity(val))
		return -EINVAL;
	spin_lock(&blk->sim.state_lock);
	WRITE_ONCE(blk->capacity, val);
	spin_unlock(&blk->sim.state_lock);
	vdpasim_config_changed(&blk->sim);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(capacity_fops, capacity_get, capacity_set, "%llu\n");

static int store_show(struct seq_file *seq, void *unused)
{
	struct blk *blk = seq->private;

	seq_printf(seq, "%s\n", blk->store_name);
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(store);

static int next_capacity_get(void *data, u64 *val)
{
	mutex_lock(&next_lock);
	*val = next_capacity;
	mutex_unlock(&next_lock);
	return 0;
}

static int next_capacity_set(void *data, u64 val)
{
	if (!valid_capacity(val))
		return -EINVAL;
	mutex_lock(&next_lock);
	next_capacity = val;
	mutex_unlock(&next_lock);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(next_capacity_fops, next_capacity_get, next_capacity_set, "%llu\n");

static int next_store_show(struct seq_file *seq, void *unused)
{
	mutex_lock(&next_lock);
	seq_printf(seq, "%s\n", next_store);
	mutex_unlock(&next_lock);
	return 0;
}

static int next_store_open(struct inode *inode, struct file *file)
{
	return single_open(file, next_store_show, NULL);
}

static ssize_t next_store_write(struct file *file, const char __user *buf, size_t len,
				loff_t *pos)
{
	char name[BLK_STORE_NAME];

	if (len >= sizeof(name))
		return -ENAMETOOLONG;
	if (copy_from_user(name, buf, len))
		return -EFAULT;
	name[len] = '\0';

	mutex_lock(&next_lock);
	strscpy(next_store, strim(name), sizeof(next_store));
	mutex_unlock(&next_lock);
	return len;
}

static const struct file_operations next_store_fops = {
	.owner		= THIS_MODULE,
	.open		= next_store_open,
	.read		= seq_read,
	.write		= next_store_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int blk_furnish(struct blk *blk)
{
	mutex_lock(&next_lock);
	blk->capacity = next_capacity;
	strscpy(blk->store_name, next_store, sizeof(blk->store_name));
	mutex_unlock(&next_lock);

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
	if (features & ~BLK_FEATURES) {
		vdpa_mgmtdev_refuse(mdev, VDPA_ATTR_DEV_FEATURES,
				    "it knows not all of the features");
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

	debugfs_create_file_unsafe("capacity", 0600, sim->dir, blk, &capacity_fops);
	debugfs_create_file("store", 0400, sim->dir, blk, &store_fops);
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
		.supported_features	= BLK_FEATURES,
	},
};

static int __init blk_init(void)
{
	int err;

	next_capacity = (u64)capacity_mb << (20 - SECTOR_SHIFT);
	if (!valid_capacity(next_capacity) || !num_queues || num_queues > BLK_QUEUES_MAX)
		return -EINVAL;

	blk_parent.mdev.max_supported_vqs = num_queues;
	err = vdpasim_parent_register(&blk_parent);
	if (err)
		return err;

	debugfs_create_file_unsafe("capacity", 0600, blk_parent.dir, NULL, &next_capacity_fops);
	debugfs_create_file("store", 0600, blk_parent.dir, NULL, &next_store_fops);
	return 0;
}

static void __exit blk_exit(void)
{
	vdpasim_parent_unregister(&blk_parent);
}

module_init(blk_init);
module_exit(blk_exit);

MODULE_DESCRIPTION("Simulated vDPA block devices");
MODULE_LICENSE("GPL");
