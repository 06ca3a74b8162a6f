// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of new and existing simulated disks, in debugfs.
 *
 * The vDPA core's command to add a device has no attributes of a disk. So the settings of the next
 * devices are written to the parent's directory beforehand:
 *
 *   vdpasim_blk/capacity   in sectors of 512 bytes; initially from the module parameter
 *   vdpasim_blk/store      name of the store; all devices with that name share it while one of
 *                          them exists; empty: each device has its own
 *
 * vdpasim_blk/devices/DEVICE/ shows those of a device; its capacity can be changed there.
 *
 * The following settings are in the parent's directory, for all disks, and in a device's:
 *
 *   request_delay_ms   duration of a request; other requests are taken meanwhile. A shorter value
 *                      also shortens requests under way.
 *   request_delay_nth  only in the parent's directory: if not 0, delay only each n-th request of
 *                      a queue
 *   report_inflight    Y: a suspend gives up and reports requests that are not completed; N in
 *                      both directories: it waits for them
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "blk.h"

/* Settings of the next devices. next_lock protects both; nothing is taken inside it. */
static DEFINE_MUTEX(next_lock);
static u64 next_capacity;
static char next_store[BLK_STORE_NAME];

/* Settings of all disks: plain values, written through debugfs at any time. */
static u32 all_request_delay_ms;
static u32 request_delay_nth;
static bool all_report_inflight;

/*
 * At least one page of sectors; positions in bytes must fit into a loff_t, and page indices into
 * pgoff_t.
 */
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

/* Data beyond a smaller capacity stays in the store, which other devices may share. */
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

/* Set the initial capacity. Return: false if it is invalid. */
bool blk_next_init(u64 capacity)
{
	next_capacity = capacity;
	return valid_capacity(capacity);
}

/* Sets @store, of BLK_STORE_NAME bytes, to the store's name. Return: the capacity, in sectors. */
u64 blk_next_read(char *store)
{
	u64 capacity;

	mutex_lock(&next_lock);
	capacity = next_capacity;
	strscpy(store, next_store, BLK_STORE_NAME);
	mutex_unlock(&next_lock);
	return capacity;
}

void blk_next_knobs(struct dentry *dir)
{
	debugfs_create_file_unsafe("capacity", 0600, dir, NULL, &next_capacity_fops);
	debugfs_create_u32("request_delay_ms", 0600, dir, &all_request_delay_ms);
	debugfs_create_u32("request_delay_nth", 0600, dir, &request_delay_nth);
	debugfs_create_bool("report_inflight", 0600, dir, &all_report_inflight);
	debugfs_create_file("store", 0600, dir, NULL, &next_store_fops);
}

void blk_knobs(struct blk *blk)
{
	debugfs_create_file_unsafe("capacity", 0600, blk->sim.dir, blk, &capacity_fops);
	debugfs_create_file("store", 0400, blk->sim.dir, blk, &store_fops);
	debugfs_create_u32("request_delay_ms", 0600, blk->sim.dir, &blk->request_delay_ms);
	debugfs_create_bool("report_inflight", 0600, blk->sim.dir, &blk->report_inflight);
}

/* Return: whether the request that @vq takes now is delayed. */
bool blk_delays(const struct vdpasim_vq *vq)
{
	u32 nth = READ_ONCE(request_delay_nth);

	return !nth || !(atomic64_read(&vq->stats[VDPASIM_STAT_RECEIVED]) % nth);
}

/* Return: the delay of a request that begins now, in ms. */
u32 blk_request_delay(const struct blk *blk)
{
	return READ_ONCE(all_request_delay_ms) + READ_ONCE(blk->request_delay_ms);
}

/* Return: whether a suspend reports chains in flight instead of completing them. */
bool blk_reports(struct vdpasim *sim)
{
	return READ_ONCE(all_report_inflight) || READ_ONCE(sim_to_blk(sim)->report_inflight);
}
