package glue

import (
	"math"

	"hearth/internal/awsapi"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/session"
)

// worker is what one worker of a type is, nominally. DPU counts DPUs, or M-DPUs for the
// memory-heavy types.
type worker struct {
	dpu      float64
	cores    int
	memoryGB int
	// since is the first GlueVersion that has the type.
	since string
	// streaming marks the type that only gluestreaming may use.
	streaming bool
	// ray marks the type of Ray sessions.
	ray bool
}

// workerTypes is the table of worker types: the model's text of CreateSession (botocore 1.44.5) and
// the user guide's "Worker types".
func workerTypes() map[glueapi.WorkerType]worker {
	return map[glueapi.WorkerType]worker{
		glueapi.WorkerTypeStandard: {dpu: 1, cores: 4, memoryGB: 16},
		glueapi.WorkerTypeG025X:    {dpu: 0.25, cores: 2, memoryGB: 4, since: "3.0", streaming: true},
		glueapi.WorkerTypeG1X:      {dpu: 1, cores: 4, memoryGB: 16},
		glueapi.WorkerTypeG2X:      {dpu: 2, cores: 8, memoryGB: 32},
		glueapi.WorkerTypeG4X:      {dpu: 4, cores: 16, memoryGB: 64, since: "3.0"},
		glueapi.WorkerTypeG8X:      {dpu: 8, cores: 32, memoryGB: 128, since: "3.0"},
		glueapi.WorkerTypeG12X:     {dpu: 12, cores: 48, memoryGB: 192, since: "4.0"},
		glueapi.WorkerTypeG16X:     {dpu: 16, cores: 64, memoryGB: 256, since: "4.0"},
		glueapi.WorkerTypeR1X:      {dpu: 1, cores: 4, memoryGB: 32, since: "4.0"},
		glueapi.WorkerTypeR2X:      {dpu: 2, cores: 8, memoryGB: 64, since: "4.0"},
		glueapi.WorkerTypeR4X:      {dpu: 4, cores: 16, memoryGB: 128, since: "4.0"},
		glueapi.WorkerTypeR8X:      {dpu: 8, cores: 32, memoryGB: 256, since: "4.0"},
		glueapi.WorkerTypeZ2X:      {dpu: 2, cores: 8, memoryGB: 64, ray: true},
	}
}

const (
	defaultWorkers = 5
	defaultWorker  = glueapi.WorkerTypeG1X
	// maxUnits keeps products with it finite; no account has as many DPUs.
	maxUnits = 1e6
)

// sizeOf reads the size that a request asks for: either a number of workers of a type, or a
// capacity in DPUs, which we count as workers of one DPU.
func sizeOf(in *glueapi.CreateSessionRequest, command, version string) (session.Size, error) {
	if in.MaxCapacity != nil {
		if in.WorkerType != nil || in.NumberOfWorkers != nil {
			return session.Size{}, invalid("Please do not set Max Capacity if using Worker Type and Number of Workers.")
		}
		return capacity(*in.MaxCapacity)
	}
	kind, count := defaultWorker, defaultWorkers
	if in.WorkerType != nil {
		kind = *in.WorkerType
	}
	if in.NumberOfWorkers != nil {
		count = int(*in.NumberOfWorkers)
	}
	w := workerTypes()[kind]
	switch {
	case count < 1 || float64(count)*w.dpu > maxUnits:
		return session.Size{}, invalid("NumberOfWorkers must be at least 1, and all workers together at most %d DPUs.", int(maxUnits))
	case w.since != "" && olderThan(version, w.since):
		return session.Size{}, invalid("Worker type %s needs Glue version %s or later, not %s.", kind, w.since, version)
	case w.streaming && command != commandStreaming:
		return session.Size{}, invalid("Worker type %s is only available for %s sessions.", kind, commandStreaming)
	}
	return sized(kind, w, count, float64(count)*w.dpu), nil
}

func capacity(dpu float64) (session.Size, error) {
	if dpu <= 0 || dpu > maxUnits {
		return session.Size{}, invalid("MaxCapacity must be above 0 and at most %d DPUs.", int(maxUnits))
	}
	return sized(defaultWorker, workerTypes()[defaultWorker], int(math.Ceil(dpu)), dpu), nil
}

// Divergence: Sizes are nominal: they are counted and reported, while the engine gives what the
// machine has.
func sized(kind glueapi.WorkerType, w worker, count int, units float64) session.Size {
	return session.Size{
		WorkerType: string(kind), Workers: count,
		CoresPerWorker: w.cores, MemoryMBPerWorker: w.memoryGB * 1024,
		Units: units,
	}
}

// isRay reports whether a request asks for a Ray session, by command or worker.
func isRay(in *glueapi.CreateSessionRequest) bool {
	return awsapi.Value(in.Command.Name) == commandRay || workerTypes()[awsapi.Value(in.WorkerType)].ray
}
