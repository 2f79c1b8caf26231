import { completePopup } from 'relier/browser';
import { startApp } from './app.ts';

// In a popup or a hidden frame, the answer is for the page that opened it, and this one ends here.
if (!(await completePopup())) await startApp();
