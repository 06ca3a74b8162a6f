// SPDX-License-Identifier: GPL-2.0-only
/*
 * The requests of a simulated disk.
 */
#include <asm/byteorder.h>
#include <linux/string.h>
#include <linux/virtio_byteorder.h>
#include <uapi/linux/virtio_blk.h>

#include "blk.h"

/* Bytes that a request to zero a range counts for, whatever its length. */
#define BLK_ZERO_COST		SZ_64K

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
 * struct blk_request - a request under way
 * @blk: device
 * @vq: queue
 * @out: readable buffers, after the header
 * @in: writable buffers, without the status
 * @sector: position on the disk
 * @moved: bytes moved by the request
 */
struct blk_request {
	struct blk *blk;
	struct vdpasim_vq *vq;
	struct vdpasim_iter out;
	struct vdpasim_iter in;
	u64 sector;
	u32 moved;
};

/* Return: whether the disk is read-only, even if the driver has not negotiated RO. */
static bool is_read_only(const struct blk *blk)
{
	return blk->sim.offered & BIT_ULL(VIRTIO_BLK_F_RO);
}

/* Return: whether a range of sectors is within the disk. */
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
 * The requests. Each returns the status for the driver, or a negative error if the device is in
 * NEEDS_RESET: then there is no answer.
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

/* Data is in memory only: there is nothing to flush. */
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

	/* No terminator if the name fills the buffer. */
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

/* Carry out the request in a chain. Return: bytes written to it, or a negative error as above. */
static s64 perform(struct vdpasim_vq *vq, struct vdpasim_chain *chain, u32 *bytes)
{
	struct blk_request req = { .blk = sim_to_blk(vq->sim), .vq = vq };
	struct virtio_blk_outhdr hdr;
	struct vdpasim_iter status_at;
	int status;
	u8 byte;

	if (chain->out.left < sizeof(hdr) || !chain->in.left) {
		vdpasim_broken(vq, "request without a header or a place for its status");
		return -EIO;
	}

	/* The status is the last byte, wherever the data ends. */
	status_at = chain->in;
	vdpasim_skip(&status_at, chain->in.left - 1);
	req.in = chain->in;
	req.in.left--;

	if (vdpasim_pull(vq, &chain->out, &hdr, sizeof(hdr)))
		return -EIO;
	req.out = chain->out;
	req.sector = __virtio64_to_cpu(true, hdr.sector);

	status = do_request(&req, __virtio32_to_cpu(true, hdr.type));
	if (status < 0)
		return status;

	vdpasim_count(vq, BLK_STAT_REQUESTS, 1);
	if (status != VIRTIO_BLK_S_OK)
		vdpasim_count(vq, BLK_STAT_ERRORS, 1);
	byte = status;
	if (vdpasim_push(vq, &status_at, &byte, 1))
		return -EIO;

	*bytes += req.moved;
	return chain->in.left - req.in.left;
}

/* Carry out a request in flight that is due. Return: VDPASIM_STEP_EMPTY if none is. */
static enum vdpasim_step step_due(struct vdpasim_vq *vq, u32 delay_ms, u32 *bytes)
{
	struct vdpasim_chain chain;
	enum vdpasim_step step;
	s64 written;
	u16 at;

	step = vdpasim_flight_due(vq, delay_ms, &chain, &at);
	if (step != VDPASIM_STEP_DONE)
		return step;
	written = perform(vq, &chain, bytes);
	if (written < 0 || vdpasim_flight_complete(vq, at, written))
		return VDPASIM_STEP_BROKEN;
	return VDPASIM_STEP_DONE;
}

/*
 * Return: bytes written since the disk was created; discard and zero requests count as a page each.
 */
u64 blk_written(struct vdpasim *sim)
{
	u64 bytes = 0;
	u16 i;

	for (i = 0; i < sim->nvqs; i++) {
		const atomic64_t *stats = sim->vqs[i].stats;

		bytes += atomic64_read(&stats[BLK_STAT_WRITE_BYTES]) + PAGE_SIZE *
			 (atomic64_read(&stats[BLK_STAT_DISCARDS]) +
			  atomic64_read(&stats[BLK_STAT_ZEROES]));
	}
	return bytes;
}

static enum vdpasim_step step_next(struct vdpasim_vq *vq, u32 delay_ms, u32 *bytes)
{
	struct vdpasim_chain chain;
	enum vdpasim_step step;
	s64 written;

	step = vdpasim_ring_next(vq, 0, &chain);
	if (step != VDPASIM_STEP_DONE)
		return step;
	if (delay_ms && blk_delays(vq))
		return vdpasim_flight_take(vq, chain.head, delay_ms);
	written = perform(vq, &chain, bytes);
	if (written < 0 || vdpasim_ring_complete(vq, chain.head, written))
		return VDPASIM_STEP_BROKEN;
	return VDPASIM_STEP_DONE;
}

enum vdpasim_step blk_step(struct vdpasim_vq *vq, u32 *bytes)
{
	u32 delay_ms = blk_request_delay(sim_to_blk(vq->sim));
	enum vdpasim_step step;

	step = step_due(vq, delay_ms, bytes);
	if (step != VDPASIM_STEP_EMPTY)
		return step;
	if (READ_ONCE(vq->sim->landing))
		return VDPASIM_STEP_IDLE;
	return step_next(vq, delay_ms, bytes);
}

const char *const *blk_get_stat_names(struct vdpasim *sim, u16 idx)
{
	return blk_stat_names;
}
