import { completePopup } from 'relier/browser';

document.title = (await completePopup()) ? 'Passed on' : 'Nobody waits';
