"""Side by side with what people use today: NGSolve's Taylor-Hood elements on the same meshes."""
