// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the next simulated disks are to be like, and what can be changed of those there are.
 *
 * The vDPA core's command to add a device knows no attributes of a disk. What the next devices
 * shall be like is written to the parent's directory in debugfs beforehand:
 *
 *   vdpasim_blk/capacity   in sectors of 512 bytes; at first the module's parameter says it
 *   vdpasim_blk/store      name of the store, shared by all devices that were given the same name,
 *                          for as long as one of them is there; empty: each device has its own
 *
 * A device shows its own, and takes a new capacity, in vdpasim_blk/devices/DEVICE/.
 *
 * What requests take, and what becomes of them in a suspend, can be changed for all disks in the
 * parent's directory, and for one in its own:
 *
 *   request_delay_ms   a request takes so long, from when it is taken; others are taken meanwhile.
 *                      One under way ends the sooner when a shorter time is written.
 *   request_delay_nth  in the parent's directory alone: not 0: only each n-th of a queue does
 *   report_inflight    Y: a suspend gives up what is taken and not completed, and reports it; N in
 *                      both places: it waits
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "blk.h"

/* What the next devices are to be like. The lock protects both; nothing is taken under it. */
static DEFINE_MUTEX(next_lock);
static u64 next_capacity;
static char next_store[BLK_STORE_NAME];

/* Of all disks: plain words written through debugfs at any time. */
static u32 all_request_delay_ms;
static u32 request_delay_nth;
static bool all_report_inflight;

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

/* At first. Return: false if no disk can have that capacity. */
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

/* Whether one of the requests of @vq that is taken now is among those that are delayed. */
bool blk_delays(const struct vdpasim_vq *vq)
{
	u32 nth = READ_ONCE(request_delay_nth);

	return !nth || !(atomic64_read(&vq->stats[VDPASIM_STAT_RECEIVED]) % nth);
}

/* In ms, of a request that is delayed from now on. */
u32 blk_request_delay(const struct blk *blk)
{
	return READ_ONCE(all_request_delay_ms) + READ_ONCE(blk->request_delay_ms);
}

/* Whether a suspend reports what is in flight, and does not wait for it. */
bool blk_reports(struct vdpasim *sim)
{
	return READ_ONCE(all_report_inflight) || READ_ONCE(sim_to_blk(sim)->report_inflight);
}
