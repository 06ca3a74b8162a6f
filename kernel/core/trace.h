/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events of group "vdpa": changes of a device's state.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vdpa

#if !defined(_VDPA_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VDPA_TRACE_H

#include <linux/tracepoint.h>
#include <uapi/linux/vdpa.h>

TRACE_DEFINE_ENUM(VDPA_DEV_STATE_INACTIVE);
TRACE_DEFINE_ENUM(VDPA_DEV_STATE_ACTIVE);
TRACE_DEFINE_ENUM(VDPA_DEV_STATE_SUSPENDING);
TRACE_DEFINE_ENUM(VDPA_DEV_STATE_SUSPENDED);
TRACE_DEFINE_ENUM(VDPA_DEV_STATE_RESUMING);
TRACE_DEFINE_ENUM(VDPA_DEV_STATE_FAILED);
TRACE_DEFINE_ENUM(VDPA_DEV_STATE_REMOVING);
TRACE_DEFINE_ENUM(VDPA_CAUSE_DRIVER);
TRACE_DEFINE_ENUM(VDPA_CAUSE_MANAGEMENT);
TRACE_DEFINE_ENUM(VDPA_CAUSE_DEVICE);

#define show_vdpa_state(state)	__print_symbolic(state,			\
	{ VDPA_DEV_STATE_INACTIVE,	"inactive" },			\
	{ VDPA_DEV_STATE_ACTIVE,	"active" },			\
	{ VDPA_DEV_STATE_SUSPENDING,	"suspending" },			\
	{ VDPA_DEV_STATE_SUSPENDED,	"suspended" },			\
	{ VDPA_DEV_STATE_RESUMING,	"resuming" },			\
	{ VDPA_DEV_STATE_FAILED,	"failed" },			\
	{ VDPA_DEV_STATE_REMOVING,	"removing" })

#define show_vdpa_cause(cause)	__print_symbolic(cause,			\
	{ VDPA_CAUSE_DRIVER,		"driver" },			\
	{ VDPA_CAUSE_MANAGEMENT,	"management" },			\
	{ VDPA_CAUSE_DEVICE,		"device" })

TRACE_EVENT(vdpa_state,
	    TP_PROTO(const char *name, unsigned int from, unsigned int to, unsigned int cause),
	    TP_ARGS(name, from, to, cause),
	    TP_STRUCT__entry(__string(name, name)
			     __field(unsigned int, from)
			     __field(unsigned int, to)
			     __field(unsigned int, cause)),
	    TP_fast_assign(__assign_str(name);
			   __entry->from = from;
			   __entry->to = to;
			   __entry->cause = cause;
	    ),
	    TP_printk("dev=%s from=%s to=%s cause=%s", __get_str(name),
		      show_vdpa_state(__entry->from), show_vdpa_state(__entry->to),
		      show_vdpa_cause(__entry->cause))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
