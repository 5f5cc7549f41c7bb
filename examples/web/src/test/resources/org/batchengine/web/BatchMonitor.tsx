import { useState, useEffect } from "react";
import { connect } from "./batch-events.js";

function BatchMonitor({ batchId }: { batchId: string }) {
  const [batch, setBatch] = useState(null);
  const [viz, setViz] = useState(null);

  useEffect(() => {
    // Initial fetch
    fetch(`/api/batch/${batchId}`)
      .then((res) => res.json())
      .then((data) => setBatch(data.batch));

    // WebSocket updates
    const socket = connect();
    socket.on("batch:progress", (update) => {
      if (update.batchId === batchId) {
        setBatch((prev) => ({ ...prev, ...update }));
      }
    });

    return () => socket.disconnect();
  }, [batchId]);

  useEffect(() => {
    // Fetch visualization data
    if (batch?.status === "completed") {
      fetch(`/api/batch/${batchId}/viz`)
        .then((res) => res.json())
        .then((data) => setViz(data.visualization));
    }
  }, [batch?.status]);

  return (
    <div>
      <h2>{batch?.name || batchId}</h2>
      <div>Status: {batch?.status}</div>
      <div>Progress: {batch?.progress}%</div>
      {viz && (
        <div>
          <div>
            Success Rate: {(viz.overview.successRate * 100).toFixed(2)}%
          </div>
          <div>Avg Duration: {viz.performanceMetrics.averageDuration}ms</div>
        </div>
      )}
    </div>
  );
}
